"""The fingerprint of a database: what proves later that nothing of it vanished or changed.

Of each collection: its options and indexes, how many documents it holds, and for each document a digest (see
``entries``). MongoDB's own ``dbHash`` is kept beside it: a collection that has the same later is as it was.
"""

from __future__ import annotations

import contextlib
import datetime
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from deploy.connection import Connection
from deploy.errors import GonogoError
from deploy.mongodb import source
from deploy.mongodb.ahead import Ahead
from deploy.mongodb.entries import ENTRIES, EntriesWriter, digest_of
from deploy.mongodb.source import Namespace
from deploy.mongodb.tally import CollectionPrint, Tally

__all__ = [
    "CollectionPrint",
    "EntriesWriter",
    "Fingerprint",
    "Tally",
    "fetch",
    "keep",
    "load",
    "save",
    "take",
]

Client = MongoClient[dict[str, Any]]
OnBytes = Callable[[int], None] | None
FILE = "fingerprint.json"
HASHED_BYTES = 1_000_000_000
"""Beyond so much data ``dbHash`` is not asked: it locks the database, and its writers wait while it reads."""
TOGETHER_BYTES = 200_000_000
"""Data that one ``dbHash`` reads: writers wait for about half a second, and then have their turn."""
LOCKED_MS = 5_000
"""The longest that one ``dbHash`` may keep writers waiting; where it takes longer, one does without."""
GONE = (26, 43, 136, 175, 246)
"""NamespaceNotFound, CursorNotFound, CappedPositionLost, QueryPlanKilled, SnapshotUnavailable:
the collection is another than the one that the cursor was opened on, or has moved on beyond it."""
TRIES = 3
SWITCH_S = 0.0005
"""How soon another thread has its turn while documents are read, in seconds."""


class Fingerprint(BaseModel):
    """The fingerprint of a database, ``taken`` at a time in UTC. ``db_hashes``: by collection, MongoDB's.

    ``entries``: the SHA-256 of the file beside it.
    """

    model_config = ConfigDict(extra="forbid")
    format: Literal[1] = 1
    database: str
    taken: str
    collections: dict[str, CollectionPrint] = Field(default_factory=dict)
    db_hashes: dict[str, str] = Field(default_factory=dict)
    entries: str = ""

    @property
    def count(self) -> int:
        """How many documents there were."""
        return sum(one.count for one in self.collections.values())


def take(
    client: Client, database: str, folder: Path, on_bytes: OnBytes = None, *, hashed: bool = True
) -> Fingerprint:
    """Read a database once and return its fingerprint, which lies in ``folder`` then.

    ``on_bytes`` is called with the size of each piece read. ``hashed``: ask for ``dbHash`` too, which makes a
    later comparison fast where nothing is written. Raises GonogoError, and pymongo's errors.
    """
    taken = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    with EntriesWriter(folder) as entries:
        prints = {}
        for namespace in source.namespaces(client, database):
            found = read(client, database, namespace, entries, on_bytes)
            if found is not None:
                prints[namespace.name] = found
        # Asked last: what vanished while the documents were read is not hidden by a hash from before.
        said = hashes(client, database, prints) if hashed else {}
        made = Fingerprint(database=database, taken=taken, collections=prints, db_hashes=said)
        return save(made, entries, folder)


def read(
    client: Client, database: str, namespace: Namespace, entries: EntriesWriter, on_bytes: OnBytes = None
) -> CollectionPrint | None:
    """Return the fingerprint of one collection as it is now; None when it was dropped meanwhile."""
    for attempt in range(1, TRIES + 1):
        tally = Tally(namespace, entries)
        try:
            if namespace.stored:
                for batch in _batches(client, database, namespace.stored):
                    tally.add(batch)
                    if on_bytes:
                        on_bytes(len(batch))
            return tally.close()
        except OperationFailure as error:
            tally.close()
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
    before = sys.getswitchinterval()
    # Else whoever brings the next batch, piece by piece, waits 5 ms for each piece while one is looked at.
    sys.setswitchinterval(min(before, SWITCH_S))
    try:
        with contextlib.closing(Ahead(source.batches(client, database, collection))) as ahead:
            yield from ahead
    finally:
        sys.setswitchinterval(before)


def hashes(client: Client, database: str, prints: dict[str, CollectionPrint]) -> dict[str, str]:
    """Return what ``dbHash`` says of these collections, where it may be asked and HASHED_BYTES allow it.

    Which it hashes is up to the version of MongoDB; temporary ones never are.
    """
    wanted = {_stored(name, one): one for name, one in prints.items() if one.form != "view"}
    if sum(one.bytes for one in wanted.values()) > HASHED_BYTES:
        return {}
    found: dict[str, str] = {}
    for names in _grouped(wanted):
        try:
            said = client[database].command("dbHash", collections=names, maxTimeMS=LOCKED_MS)
        except OperationFailure:
            break
        found |= {str(name): str(value) for name, value in said["collections"].items() if name in names}
    return {name: found[_stored(name, one)] for name, one in prints.items() if _stored(name, one) in found}


def _stored(name: str, one: CollectionPrint) -> str:
    return Namespace(name, one.form).stored


def _grouped(prints: dict[str, CollectionPrint]) -> Iterator[list[str]]:
    names: list[str] = []
    size = 0
    for name, one in prints.items():
        if names and size + one.bytes > TOGETHER_BYTES:
            yield names
            names, size = [], 0
        names.append(name)
        size += one.bytes
    if names:
        yield names


def save(found: Fingerprint, entries: EntriesWriter, folder: Path) -> Fingerprint:
    """Write a fingerprint and its packed entries into ``folder``, for this user alone; return it whole.

    The files of ``entries`` are removed.
    """
    packed = entries.pack(folder / ENTRIES, [one.file for one in found.collections.values()])
    entries.close()
    whole = found.model_copy(update={"entries": packed})
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
    found = load(folder)
    if digest_of(folder / ENTRIES) != found.entries:
        raise GonogoError(f"{connection.host}: the fingerprint in {from_} is damaged: take another backup")
    return found
