"""Writing documents as they are, byte for byte, beside the reading of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Queue
from typing import Any

from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient

from gonogo.deploy.mongodb.server import stall
from gonogo.deploy.mongodb.server.source import Namespace

WRITERS = 1
"""Connections that write at once."""
WAITING = 1
"""Batches that wait for a server that is slower than the line."""

Client = MongoClient[dict[str, Any]]
OnBytes = Callable[[int], None] | None


class Inserter:
    """Writes the documents of one collection in threads of its own; ``documents`` and ``bytes``: so far."""

    def __init__(self, client: Client, database: str, namespace: Namespace, on_bytes: OnBytes) -> None:
        """Begin; ``on_bytes`` is called, from another thread, with the size of each batch written."""
        self._collection = client[database][namespace.stored]
        # The order of a capped collection is that of its documents.
        self._ordered = bool(namespace.options.get("capped"))
        self._queue: Queue[list[bytes] | None] = Queue(WAITING)
        self._on_bytes = on_bytes
        self._lock = threading.Lock()
        self._error: BaseException | None = None
        self.documents = self.bytes = 0
        writers = 1 if self._ordered else WRITERS
        self._threads = [
            threading.Thread(target=self._run, daemon=True, name="gonogo-inserter") for _ in range(writers)
        ]
        for thread in self._threads:
            thread.start()

    def put(self, batch: list[bytes]) -> None:
        """Have a batch written when there is room for it; raises what writing another one raised."""
        if self._error is not None:
            raise self._error
        self._queue.put(batch)

    def end(self) -> None:
        """Wait until all is written; raises what writing raised."""
        self.stop()
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """Wait until what was given is written; whether it could be is told by ``end``."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()
        self._threads = []

    def _run(self) -> None:
        while (batch := self._queue.get()) is not None:
            # After an error what waits is dropped: whoever puts it there must never wait for ever.
            if self._error is None:
                try:
                    self._write(batch)
                except BaseException as error:  # noqa: BLE001  it is raised again where it is waited for
                    self._error = error

    def _write(self, batch: list[bytes]) -> None:
        rows: list[Any] = [RawBSONDocument(one) for one in batch]
        into, ordered = self._collection, self._ordered
        stall.limited(lambda: into.insert_many(rows, ordered=ordered, bypass_document_validation=True))
        size = sum(map(len, batch))
        with self._lock:
            self.documents, self.bytes = self.documents + len(batch), self.bytes + size
            if self._on_bytes:
                self._on_bytes(size)
