"""``dbHash``: MongoDB's own digest of a collection, which is the same as long as nothing of it was written.

It covers the documents, not the options and indexes. Which collections it hashes is up to the version of
MongoDB; temporary ones never are.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

from pymongo import MongoClient
from pymongo.errors import OperationFailure

from gonogo.deploy.mongodb.fingerprint.collection_fingerprint import CollectionPrint
from gonogo.deploy.mongodb.server.source import Namespace

Client = MongoClient[dict[str, Any]]
MOST_BYTES = 1_000_000_000
"""Beyond so much data ``dbHash`` is not asked: it locks the database, and its writers wait while it reads."""
TOGETHER_BYTES = 200_000_000
"""Data that one ``dbHash`` reads: writers wait for about half a second, and then have their turn."""
LOCKED_MS = 5_000
"""The longest that one ``dbHash`` may keep writers waiting; where it takes longer, one does without."""


class Hashes:
    """Asks for ``dbHash`` of one collection after another, in a thread, while others are read."""

    def __init__(self, client: Client, database: str) -> None:
        self._client, self._database = client, database
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="gonogo-dbhash")
        self._asked: list[Future[dict[str, str]]] = []
        self._names: dict[str, str] = {}
        self._bytes = self._total = 0

    def add(self, name: str, collection: CollectionPrint) -> None:
        """Have a collection hashed, whose size its fingerprint tells."""
        self._total += collection.bytes
        if collection.form == "view" or self._total > MOST_BYTES:
            return
        if self._names and self._bytes + collection.bytes > TOGETHER_BYTES:
            self._ask()
        self._names[Namespace(name, collection.form).stored] = name
        self._bytes += collection.bytes
        if self._bytes > TOGETHER_BYTES // 4:
            self._ask()

    def _ask(self) -> None:
        self._asked.append(self._pool.submit(self._hashed, self._names))
        self._names, self._bytes = {}, 0

    def _hashed(self, names: Mapping[str, str]) -> dict[str, str]:
        if self._total > MOST_BYTES:
            return {}
        try:
            said = self._client[self._database].command(
                "dbHash", collections=list(names), maxTimeMS=LOCKED_MS
            )
        except OperationFailure:
            return {}
        return {names[one]: str(value) for one, value in said["collections"].items() if one in names}

    def begin(self) -> None:
        """Have all hashed that was added until now."""
        if self._names:
            self._ask()

    def found(self) -> dict[str, str]:
        """Return the hash of each collection that has one; none at all of more than MOST_BYTES."""
        self.begin()
        if self._total > MOST_BYTES:
            return {}
        return {name: value for one in self._asked for name, value in one.result().items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)


def asking(client: Client, database: str, prints: Mapping[str, CollectionPrint]) -> Hashes:
    """Return what asks ``dbHash`` of these collections now, where it may be asked and MOST_BYTES allow it."""
    asked = Hashes(client, database)
    # Where it is not asked of all, it need not be asked of the first.
    if sum(collection.bytes for collection in prints.values()) <= MOST_BYTES:
        for name, one in prints.items():
            asked.add(name, one)
    return asked


def hashes(client: Client, database: str, prints: Mapping[str, CollectionPrint]) -> dict[str, str]:
    """Return what ``dbHash`` says of these collections now, as ``asking`` asks."""
    with asking(client, database, prints) as asked:
        return asked.found()
