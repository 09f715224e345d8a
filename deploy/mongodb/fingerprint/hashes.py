"""``dbHash``: MongoDB's own digest of a collection, which is the same as long as nothing of it was written.

It covers the documents, not the options and indexes. Which collections it hashes is up to the version of
MongoDB; temporary ones never are.

A hash is kept beside documents that were read before only where nothing was written to their collection since
the reading began: what was lost in between would be hidden by it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

from pymongo import MongoClient
from pymongo.errors import OperationFailure

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.fingerprint.collection_fingerprint import CollectionPrint
from gonogo.deploy.mongodb.server import write_detection
from gonogo.deploy.mongodb.server.source import Namespace
from gonogo.deploy.mongodb.server.write_detection import State

Client = MongoClient[dict[str, Any]]
HASHERS = 2
"""How many ``dbHash`` the server computes at once: each keeps one of its processors busy."""
MOST_BYTES = 1_000_000_000
"""Beyond so much data ``dbHash`` is not asked: it locks the database, and its writers wait while it reads."""
TOGETHER_BYTES = 200_000_000
"""Data that one ``dbHash`` reads: writers wait for about half a second, and then have their turn."""
LOCKED_MS = 5_000
"""The longest that one ``dbHash`` may keep writers waiting; where it takes longer, one does without."""


class Hashes:
    """Asks for ``dbHash`` of one collection after another, in a thread, while others are read."""

    def __init__(
        self, client: Client, database: str, *, most: float = MOST_BYTES, locked_ms: int = LOCKED_MS
    ) -> None:
        """Prepare; ``most``: bytes beyond which nothing is hashed, ``locked_ms``: of one ``dbHash``."""
        self._client, self._database = client, database
        self._most, self._locked_ms = most, locked_ms
        self._pool = ThreadPoolExecutor(HASHERS, thread_name_prefix="gonogo-dbhash")
        self._asked: list[Future[dict[str, str]]] = []
        self._names: dict[str, str] = {}
        self._bytes = self._total = 0

    def add(self, name: str, collection: CollectionPrint) -> None:
        """Have a collection hashed, whose size its fingerprint tells."""
        self._total += collection.bytes
        if collection.form == "view" or self._total > self._most:
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
        if self._total > self._most:
            return {}
        try:
            said = self._client[self._database].command(
                "dbHash", collections=list(names), maxTimeMS=self._locked_ms
            )
        except OperationFailure:
            return {}
        return {names[one]: str(value) for one, value in said["collections"].items() if one in names}

    def begin(self) -> None:
        """Have all hashed that was added until now."""
        if self._names:
            self._ask()

    def found(self) -> dict[str, str]:
        """Return the hash of each collection that has one; none at all of more than that is to be hashed."""
        self.begin()
        if self._total > self._most:
            return {}
        return {name: value for one in self._asked for name, value in one.result().items()}

    def of(self, prints: Mapping[str, CollectionPrint]) -> dict[str, str]:
        """Return the hash of each of these collections that has one; none of more than is to be hashed."""
        self.ask(prints)
        return self.found()

    def ask(self, prints: Mapping[str, CollectionPrint]) -> None:
        """Have these collections hashed; where it is not asked of all, it need not be asked of the first."""
        if sum(collection.bytes for collection in prints.values()) <= self._most:
            for name, one in prints.items():
                self.add(name, one)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)


class HashesOfRead(Hashes):
    """The hashes of collections whose documents were read since ``before``, a state of before the reading.

    None is found of a collection that was written to since, nor of any where the server does not tell.
    """

    def __init__(self, client: Client, database: str, before: State | None) -> None:
        super().__init__(client, database)
        self._before, self._forms = before, dict[str, str]()

    def add(self, name: str, collection: CollectionPrint) -> None:
        """Have a collection hashed, whose documents were read."""
        if self._before is not None:
            self._forms[name] = Namespace(name, collection.form).stored
            super().add(name, collection)

    def found(self) -> dict[str, str]:
        """Return the hash of each collection that has one and was not written to."""
        hashed = super().found()
        after = write_detection.state(self._client, self._database) if hashed else None
        if self._before is None or after is None:
            return {}
        return {name: one for name, one in hashed.items() if self._before.unwritten(after, self._forms[name])}


def alike(name: str, before: Mapping[str, str], copy: Mapping[str, str]) -> bool:
    """Return whether a collection and its restored copy have one hash.

    Raises GonogoError where the copy's could not be had: nothing is known of it then, good or bad.
    """
    if name not in copy:
        raise GonogoError(
            f"the restored collection {name} could not be hashed by its server: see the load of that "
            "machine, then try again"
        )
    return copy[name] == before.get(name, "")


def hashes(client: Client, database: str, prints: Mapping[str, CollectionPrint]) -> dict[str, str]:
    """Return what ``dbHash`` says of these collections now, where it may be asked.

    MOST_BYTES hold for those that were read: of others there is nothing else to compare.
    """
    kept = {name: one for name, one in prints.items() if not one.read}
    with Hashes(client, database) as asked, Hashes(client, database, most=math.inf) as needed:
        needed.ask(kept)
        return asked.of({name: one for name, one in prints.items() if one.read}) | needed.found()
