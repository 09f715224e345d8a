"""Loading a backup into a server: everything in it is read from the target once, checked, and written."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from pymongo import MongoClient

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup import layout
from gonogo.deploy.mongodb.backup.backup_store import Backup
from gonogo.deploy.mongodb.backup.reading import PIECE, BackupDamaged, Files
from gonogo.deploy.mongodb.fingerprint import canonical
from gonogo.deploy.mongodb.fingerprint.elements import SMALLEST
from gonogo.deploy.mongodb.restore import server_error
from gonogo.deploy.mongodb.restore.inserter import Inserter
from gonogo.deploy.mongodb.server import stall
from gonogo.deploy.mongodb.server.source import Namespace
from gonogo.deploy.ssh.connection import Connection

BATCH_BYTES = 8_000_000
BATCH_DOCUMENTS = 10_000
LARGEST = (16 << 20) + (16 << 10)
"""Bytes of the largest document that a server keeps: 16 MB, and what it adds itself to one of that size."""

Client = MongoClient[dict[str, Any]]
OnBytes = Callable[[int], None] | None


@dataclass(frozen=True)
class Loaded:
    """What was loaded: how many collections and views, documents, and bytes of documents."""

    collections: int
    documents: int
    bytes: int


def load(
    connection: Connection, backup: Backup, client: Client, database: str, on_bytes: OnBytes = None
) -> Loaded:
    """Load a backup's collections into a database of a server, which holds none of them yet.

    Documents arrive byte for byte; then indexes are made, and at last views. ``on_bytes`` is called with the
    size of each batch that was written. Raises BackupDamaged, and GonogoError for what is the fault of the
    server or the line; what was written until then stays.
    """
    told = f"the backup {backup.name}"
    by_path = _metadata(connection, backup, told)
    namespaces = sorted(by_path.values(), key=lambda namespace: namespace.name)
    by_path = _with_documents(backup, by_path, told)
    for namespace in namespaces:
        if namespace.stored:
            with server_error.told(f"{told}: {namespace.name}"):
                create(client, database, namespace)
    documents, size = _documents(connection, backup, by_path, Into(client, database, on_bytes, told))
    for namespace in namespaces:
        with server_error.told(f"{told}: {namespace.name}: its indexes"):
            index(client, database, namespace)
    for namespace in namespaces:
        if not namespace.stored:
            with server_error.told(f"{told}: {namespace.name}"):
                create(client, database, namespace)
    return Loaded(len(namespaces), documents, size)


def expected(backup: Backup) -> int | None:
    """Return how many bytes ``load`` writes; None of an archive, which the server reads itself."""
    if backup.manifest.form == "archive":
        return None
    files = backup.manifest.files
    return sum(files[path].size for path in layout.collections_data(files, backup.manifest.database))


class Readable(Protocol):
    """A file that is read from its beginning to its end."""

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, nothing at the end."""


@dataclass(frozen=True)
class Into:
    """Where documents go, and what they are of, in words."""

    client: Client
    database: str
    on_bytes: OnBytes
    told: str


def _documents(
    connection: Connection, backup: Backup, by_path: dict[str, Namespace], into: Into
) -> tuple[int, int]:
    """Load all documents; return how many, and their bytes."""
    documents = size = 0
    # What is read and not written here, such as users, is checked all the same.
    with Files(connection, backup, layout.DATA) as files:
        for path, file in files:
            if path in by_path:
                written = _collection(file, path, by_path[path], into)
                documents, size = documents + written.documents, size + written.bytes
    return documents, size


def _collection(file: Readable, path: str, namespace: Namespace, into: Into) -> Inserter:
    inserter = Inserter(into.client, into.database, namespace, into.on_bytes)
    with server_error.told(f"{into.told}: {namespace.name}"):
        try:
            for batch in documents_of(file, f"{into.told}: {path}"):
                inserter.put(batch)
        except BaseException:
            inserter.stop()
            raise
        inserter.end()
    return inserter


def documents_of(file: Readable, told: str) -> Iterator[list[bytes]]:
    """Give the BSON documents of a file in batches; raises BackupDamaged for what is none."""
    waiting, batch, size, passed = bytearray(), list[bytes](), 0, 0
    while piece := file.read(PIECE):
        waiting += piece
        at = 0
        with memoryview(waiting) as view:  # closed before the bytes may move
            while len(view) - at >= 4:
                length = int.from_bytes(view[at : at + 4], "little", signed=True)
                if not SMALLEST <= length <= LARGEST:
                    raise BackupDamaged(
                        f"{told} is damaged at byte {passed + at}: a document of {length} bytes; use another "
                        "backup"
                    )
                if len(view) - at < length:
                    break
                batch.append(bytes(view[at : at + length]))
                at, size = at + length, size + length
                if size >= BATCH_BYTES or len(batch) >= BATCH_DOCUMENTS:
                    yield batch
                    batch, size = [], 0
        del waiting[:at]
        passed += at
    if waiting:
        raise BackupDamaged(
            f"{told} ends in the middle of a document, which begins at byte {passed}: use another backup"
        )
    if batch:
        yield batch


def create(client: Client, database: str, namespace: Namespace) -> None:
    """Make a collection, without its indexes, or a view; raises pymongo's errors."""
    options = {name: value for name, value in namespace.options.items() if name not in canonical.NO_OPTIONS}
    stall.limited(lambda: client[database].command("create", namespace.name, **options))


def index(client: Client, database: str, namespace: Namespace) -> None:
    """Make the indexes of a collection that is there; raises pymongo's errors.

    An index that the server lists without a collation has the simple one; to one that is made without any it
    would give the collection's (manual, "Collation").
    """
    simple = {"collation": {"locale": "simple"}} if "collation" in namespace.options else {}
    wanted = [
        simple | {name: value for name, value in one.items() if name != "ns"}
        for one in namespace.indexes
        if one.get("name") != "_id_" and not one.get("clustered")
    ]
    if wanted:
        client[database].command("createIndexes", namespace.name, indexes=wanted)


def _metadata(connection: Connection, backup: Backup, told: str) -> dict[str, Namespace]:
    """Return what the backup's files of metadata describe, by their paths; raises BackupDamaged."""
    found: dict[str, Namespace] = {}
    with Files(connection, backup, layout.PRELUDE) as files:
        for _ in files:
            pass
    with Files(connection, backup, layout.METADATA) as files:
        for path, file in files:
            # What is not as the manifest says is told as that, and not as what it seems to be.
            data = file.read()
            file.end()
            try:
                found[path] = layout.read_metadata(data, f"{told}: {path}")
            except GonogoError as error:
                raise BackupDamaged(str(error)) from None
    return found


def _with_documents(backup: Backup, described: dict[str, Namespace], told: str) -> dict[str, Namespace]:
    """Return the collections by the paths of their documents, from those by the paths of their metadata.

    Raises BackupDamaged where documents have no metadata beside them, or metadata no documents, and where two
    files of metadata are of one collection.
    """
    files = backup.manifest.files
    by_path = {layout.documents_path(path, one, files): one for path, one in described.items() if one.stored}
    kept = layout.collections_data(files, backup.manifest.database)
    if lacking := by_path.keys() - kept:
        raise BackupDamaged(f"{told} lacks {min(lacking)}: use another backup")
    if alone := kept - by_path.keys():
        raise BackupDamaged(f"{told}: {min(alone)} has no metadata beside it: use another backup")
    names = sorted(one.name for one in described.values())
    if twice := {name for name, after in itertools.pairwise(names) if name == after}:
        raise BackupDamaged(f"{told} has two files of metadata of {min(twice)}: use another backup")
    return by_path
