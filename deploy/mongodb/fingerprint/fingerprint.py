"""The fingerprint of a database: what proves later that nothing of it vanished or changed.

Of each collection: its options and indexes, how many documents it holds, and for each document a digest (see
``entries``). MongoDB's own ``dbHash`` is kept beside it: a collection that has the same later is as it was.
"""

from __future__ import annotations

import contextlib
import datetime
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.fingerprint import batches, ttl
from gonogo.deploy.mongodb.fingerprint.collection_fingerprint import CollectionFingerprinter, CollectionPrint
from gonogo.deploy.mongodb.fingerprint.entries import ENTRIES, EntriesWriter, digest_of
from gonogo.deploy.mongodb.fingerprint.hashes import Hashes, HashesOfRead
from gonogo.deploy.mongodb.fingerprint.read_ahead import Ahead, turns
from gonogo.deploy.mongodb.fingerprint.ttl import Removals
from gonogo.deploy.mongodb.fingerprint.unread import Unread
from gonogo.deploy.mongodb.server import source, write_detection
from gonogo.deploy.mongodb.server.source import Namespace
from gonogo.deploy.ssh.connection import Connection

__all__ = [
    "CollectionFingerprinter",
    "CollectionPrint",
    "EntriesWriter",
    "Fingerprint",
    "fetch",
    "keep",
    "load",
    "save",
    "take",
]

Client = MongoClient[dict[str, Any]]
OnBytes = Callable[[int], None] | None
FILE = "fingerprint.json"
GONE = (26, 43, 136, 175, 246)
"""NamespaceNotFound, CursorNotFound, CappedPositionLost, QueryPlanKilled, SnapshotUnavailable:
the collection is another than the one that the cursor was opened on, or has moved on beyond it."""
TRIES = 3


class Fingerprint(BaseModel):
    """The fingerprint of a database, ``taken`` at a time in UTC. ``db_hashes``: by collection, MongoDB's.

    ``entries``: the SHA-256 of the file beside it. ``removals``: what TTL had removed when it was begun.
    """

    model_config = ConfigDict(extra="forbid")
    format: Literal[1] = 1
    database: str
    taken: str
    collections: dict[str, CollectionPrint] = Field(default_factory=dict)
    db_hashes: dict[str, str] = Field(default_factory=dict)
    entries: str = ""
    removals: Removals | None = None

    @property
    def count(self) -> int:
        """How many documents there were."""
        return sum(collection.count for collection in self.collections.values())


def take(  # noqa: PLR0913  one keyword for each choice
    client: Client,
    database: str,
    folder: Path,
    on_bytes: OnBytes = None,
    *,
    hashed: bool = True,
    unread: Unread | None = None,
) -> Fingerprint:
    """Read a database once and return its fingerprint, which lies in ``folder`` then.

    ``on_bytes`` is called with the size of each piece read. ``hashed``: ask for ``dbHash`` too, which makes a
    later comparison fast where nothing is written. ``unread``: what was hashed and need not be read. Raises
    GonogoError, and pymongo's errors.
    """
    unread = unread or Unread()
    taken = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    removed = ttl.removals(client)
    before = write_detection.state(client, database) if hashed else None
    with EntriesWriter(folder) as entries, HashesOfRead(client, database, before) as asked:
        prints = {}
        for namespace in source.namespaces(client, database):
            if kept := unread.print_of(namespace):
                prints[namespace.name] = kept
                continue
            collection = read(client, database, namespace, entries, on_bytes)
            if collection is not None:
                prints[namespace.name] = collection
                asked.add(namespace.name, collection)
        known = {name: value for name, value in unread.hashes.items() if name in prints}
        made = Fingerprint(
            database=database, taken=taken, collections=prints, db_hashes=known, removals=removed
        )
        return save(made, entries, folder, asked)


def read(
    client: Client, database: str, namespace: Namespace, entries: EntriesWriter, on_bytes: OnBytes = None
) -> CollectionPrint | None:
    """Return the fingerprint of one collection as it is now; None when it was dropped meanwhile."""
    for attempt in range(1, TRIES + 1):
        fingerprinter = CollectionFingerprinter(namespace, entries)
        try:
            if namespace.stored:
                for batch in _batches(client, database, namespace.stored):
                    fingerprinter.add(batch)
                    if on_bytes:
                        on_bytes(len(batch))
            return fingerprinter.close()
        except OperationFailure as error:
            fingerprinter.close()
            if error.code not in GONE:
                raise
            there = client[database].list_collection_names(filter={"name": namespace.stored})
            if not there:
                return None
            if attempt == TRIES:
                raise
    return None


def _batches(client: Client, database: str, collection: str) -> Iterator[bytes]:
    """Give the documents in batches, the next of which comes while one is looked at."""
    with turns(), contextlib.closing(Ahead(batches.read(client, database, collection))) as ahead:
        yield from ahead


def save(
    fingerprint: Fingerprint, entries: EntriesWriter, folder: Path, asked: Hashes | None = None
) -> Fingerprint:
    """Write a fingerprint and its packed entries into ``folder``, for this user alone; return it whole.

    ``asked``: what the server was asked to hash; it goes on while the entries are packed. The files of
    ``entries`` are removed.
    """
    if asked is not None:
        asked.begin()
    packed = entries.pack(
        folder / ENTRIES, [one.file for one in fingerprint.collections.values() if one.read]
    )
    entries.close()
    hashed = fingerprint.db_hashes | ({} if asked is None else asked.found())
    whole = fingerprint.model_copy(update={"entries": packed, "db_hashes": hashed})
    file = folder / FILE
    file.touch(0o600)
    file.write_text(f"{whole.model_dump_json(indent=1)}\n", encoding="utf-8")
    return whole


def load(folder: Path) -> Fingerprint:
    """Return the fingerprint in a folder; raises GonogoError when it is missing or damaged."""
    try:
        return Fingerprint.model_validate_json((folder / FILE).read_bytes())
    except FileNotFoundError:
        raise GonogoError(f"{folder} holds no fingerprint: take another") from None
    except (OSError, ValidationError):
        raise GonogoError(f"{folder / FILE} is damaged: take another fingerprint") from None


def keep(connection: Connection, folder: Path, to: PurePosixPath) -> None:
    """Copy a fingerprint to a folder of the target (0700, its files 0600), whole or not at all.

    What is there already is replaced. Raises GonogoError.
    """
    part, old = to.with_name(f".{to.name}.part"), to.with_name(f".{to.name}.old")
    quoted = {"part": part, "old": old, "to": to, "parent": to.parent}
    said = {name: shlex.quote(str(path)) for name, path in quoted.items()}
    connection.check(
        "umask 077 && mkdir -p {parent} && rm -rf -- {part} && mkdir {part}".format(**said), mutates=True
    )
    for name in (ENTRIES, FILE):
        place = shlex.quote(str(part / name))
        with (folder / name).open("rb") as data:
            result = connection.stream(f"umask 077 && cat > {place} && sync {place}", stdin=data)
        if not result.ok:
            raise GonogoError(
                f"{connection.host}: {part / name} cannot be written: {result.error_text.strip()}"
            )
        sums = connection.run(f"sha256sum -- {place}", live=True).text.split()
        if sums[:1] != [digest_of(folder / name)]:
            raise GonogoError(
                f"{connection.host}: {part / name} is not what was sent: see its disk, try again"
            )
    connection.check(
        "if [ -e {to} ]; then rm -rf -- {old} && mv -T {to} {old}; fi && mv -T {part} {to} "
        "&& sync {to} {parent} && rm -rf -- {old}".format(**said),
        mutates=True,
    )


def _into(file: BinaryIO) -> Callable[[bytes], None]:
    def write(piece: bytes) -> None:
        file.write(piece)

    return write


def fetch(connection: Connection, from_: PurePosixPath, folder: Path) -> Fingerprint:
    """Copy a fingerprint from a folder of the target, and return it; raises GonogoError."""
    for name in (FILE, ENTRIES):
        place = folder / name
        place.touch(0o600)
        with place.open("wb") as file:
            result = connection.pour(f"cat -- {shlex.quote(str(from_ / name))}", _into(file))
        if not result.ok:
            why = result.error_text.strip() or "it cannot be read"
            raise GonogoError(f"{connection.host}: the fingerprint in {from_} is not there: {why}")
    fingerprint = load(folder)
    if digest_of(folder / ENTRIES) != fingerprint.entries:
        raise GonogoError(f"{connection.host}: the fingerprint in {from_} is damaged: take another backup")
    return fingerprint
