"""Loading a backup into a server: everything in it is read from the target once, checked, and written."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from queue import Queue
from typing import IO, Any

from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from deploy.connection import Connection
from deploy.mongodb import layout
from deploy.mongodb.reading import PIECE, BackupDamaged, Files
from deploy.mongodb.source import Namespace
from deploy.mongodb.vault import Backup

BATCH_BYTES = 16_000_000
BATCH_DOCUMENTS = 20_000
WAITING = 2
"""Batches that wait for a server that is slower than the line."""

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
    size of each batch that was written. Raises BackupDamaged, and GonogoError for what the server refuses;
    what was written until then stays.
    """
    manifest = backup.manifest
    told = f"the backup {backup.name}"
    found = _metadata(connection, backup, told)
    by_path = {layout.data_path(manifest.database, one): one for one in found}
    for namespace in found:
        if namespace.form != "view":
            _refused(f"{told}: {namespace.name}", partial(_create, client, database, namespace))
    documents = size = 0
    seen: set[str] = set()
    with Files(connection, backup, layout.DATA) as files:
        for path, file in files:
            if path not in by_path:
                _drain(file)  # users and roles, or what nobody listed: checked, and not written here
                continue
            seen.add(path)
            what = f"{told}: {by_path[path].name}"
            writer = _Writer(client, database, by_path[path], on_bytes)
            try:
                for batch in documents_of(file, f"{told}: {path}"):
                    writer.put(batch)
            finally:
                writer.end()
            _refused(what, writer.check)
            documents, size = documents + writer.documents, size + writer.bytes
    if lacking := sorted(path for path in by_path if path and path not in seen):
        raise BackupDamaged(f"{told} lacks {lacking[0]}: use another backup")
    for namespace in found:
        what = f"{told}: {namespace.name}"
        _refused(f"{what}: its indexes", partial(_index, client, database, namespace))
    for namespace in found:
        if namespace.form == "view":
            _refused(f"{told}: {namespace.name}", partial(_create, client, database, namespace))
    return Loaded(len(found), documents, size)


def documents_of(file: IO[bytes], told: str) -> Iterator[list[bytes]]:
    """Give the BSON documents of a file in batches; raises BackupDamaged for what is none."""
    rest, batch, size = b"", list[bytes](), 0
    while True:
        piece = file.read(PIECE)
        data = rest + piece
        at = 0
        while len(data) - at >= 4:
            length = int.from_bytes(data[at : at + 4], "little", signed=True)
            if length < 5:
                raise BackupDamaged(f"{told} holds a document of {length} bytes: use another backup")
            if len(data) - at < length:
                break
            batch.append(data[at : at + length])
            at, size = at + length, size + length
            if size >= BATCH_BYTES or len(batch) >= BATCH_DOCUMENTS:
                yield batch
                batch, size = [], 0
        rest = data[at:]
        if not piece:
            break
    if rest:
        raise BackupDamaged(f"{told} ends in the middle of a document: use another backup")
    if batch:
        yield batch


def _metadata(connection: Connection, backup: Backup, told: str) -> list[Namespace]:
    found = []
    with Files(connection, backup, layout.METADATA) as files:
        for path, file in files:
            found.append(layout.read_metadata(file.read(), f"{told}: {path}"))
    return sorted(found, key=lambda one: one.name)


def _create(client: Client, database: str, namespace: Namespace) -> None:
    client[database].command("create", namespace.name, **dict(namespace.options))


def _index(client: Client, database: str, namespace: Namespace) -> None:
    wanted = [
        {name: value for name, value in one.items() if name != "ns"}
        for one in namespace.indexes
        if one.get("name") != "_id_" and not one.get("clustered")
    ]
    if wanted:
        client[database].command("createIndexes", namespace.name, indexes=wanted)


def _refused(told: str, do: Callable[[], object]) -> None:
    try:
        do()
    except PyMongoError as error:
        details: Mapping[str, Any] = getattr(error, "details", None) or {}
        why = details.get("codeName") or details.get("errmsg") or type(error).__name__
        raise BackupDamaged(f"{told} cannot be restored, the server says {why}: use another backup") from None


class _Writer(threading.Thread):
    """Writes the documents of one collection beside the reading of them."""

    def __init__(self, client: Client, database: str, namespace: Namespace, on_bytes: OnBytes) -> None:
        super().__init__(daemon=True, name="gonogo-loader")
        self._collection = client[database][namespace.stored]
        # The order of a capped collection is that of its documents.
        self._ordered = bool(namespace.options.get("capped"))
        self._queue: Queue[list[bytes] | None] = Queue(WAITING)
        self._on_bytes = on_bytes
        self._error: PyMongoError | None = None
        self.documents = self.bytes = 0
        self.start()

    def put(self, batch: list[bytes]) -> None:
        """Have a batch written, when there is room for it."""
        self._queue.put(batch)

    def end(self) -> None:
        """Wait until all is written."""
        self._queue.put(None)
        self.join()

    def check(self) -> None:
        """Raise what the server refused."""
        if self._error:
            raise self._error

    def run(self) -> None:
        """Write batch by batch; after a refusal the others are dropped."""
        while (batch := self._queue.get()) is not None:
            if self._error is None:
                try:
                    self._write(batch)
                except PyMongoError as error:
                    self._error = error

    def _write(self, batch: list[bytes]) -> None:
        rows: list[Any] = [RawBSONDocument(one) for one in batch]
        self._collection.insert_many(rows, ordered=self._ordered, bypass_document_validation=True)
        size = sum(map(len, batch))
        self.documents, self.bytes = self.documents + len(batch), self.bytes + size
        if self._on_bytes:
            self._on_bytes(size)


def _drain(file: IO[bytes]) -> None:
    while file.read(PIECE):
        pass
