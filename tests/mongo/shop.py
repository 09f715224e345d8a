"""A database that is written to while it is judged: what is done to it legitimately, and what it lost."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bson import ObjectId
from pymongo import MongoClient

from gonogo.deploy.mongodb.fingerprint import compare, fingerprint
from gonogo.deploy.mongodb.fingerprint.compare import Difference
from gonogo.deploy.target.sections.data import Mongodb

KINDS = {"messages": "append-only", "users": "mutable", "cache": "volatile"}
RATE = 200
"""Writes a second."""


@dataclass
class Shop:
    """A database of a test's own, with a collection of each kind."""

    client: MongoClient[dict[str, Any]]
    folder: Path
    name: str
    kinds: dict[str, Any] = field(default_factory=lambda: dict(KINDS))
    taken: int = 0

    def __post_init__(self) -> None:
        self.db = self.client[self.name]

    @property
    def settings(self) -> Mongodb:
        return Mongodb(service="mongodb", database=self.name, collections=self.kinds)

    def fill(self, number: int) -> None:
        """Let the server put so many documents into each collection: to send them would take longer."""
        self.db.seed.insert_one({})
        for name in KINDS:
            text = {"$concat": [f"{name} ", {"$toString": "$n"}]}
            self.db.seed.aggregate(
                [
                    {"$project": {"n": {"$range": [0, number]}}},
                    {"$unwind": "$n"},
                    {"$project": {"_id": 0, "n": 1, "text": text}},
                    {"$out": name},
                ]
            )
        self.db.seed.drop()
        self.db.users.create_index([("n", 1)], name="by_n")

    def fingerprint(self) -> Path:
        """Take the fingerprint and return its folder."""
        self.taken += 1
        folder = self.folder / f"{self.name}-{self.taken}"
        folder.mkdir()
        fingerprint.take(self.client, self.name, folder)
        return folder

    def lost(self, before: Path) -> list[Difference]:
        return compare.differences(before, self.client, self.name, self.settings)

    def told(self, before: Path) -> list[str]:
        return [one.told for one in self.lost(before)]

    @contextmanager
    def writes(self, rate: float = RATE) -> Iterator[Writer]:
        """Write legitimately meanwhile, from another thread."""
        writer = Writer(self, rate)
        writer.start()
        try:
            yield writer
        finally:
            writer.stop()


class Writer(threading.Thread):
    """Inserts everywhere, updates what is mutable, and removes what is volatile, at a known rate."""

    def __init__(self, shop: Shop, rate: float) -> None:
        super().__init__(daemon=True)
        self._shop, self._rate = shop, rate
        self._over = threading.Event()
        self._chance = random.Random(7)
        self.done = 0
        self.error: BaseException | None = None

    def run(self) -> None:
        begun = time.monotonic()
        try:
            for turn in itertools.count():
                if self._over.wait(max(0.0, begun + turn / self._rate - time.monotonic())):
                    return
                self._write(turn)
                self.done += 1
        except BaseException as error:  # noqa: BLE001  told where the writer is stopped
            self.error = error

    def _write(self, turn: int) -> None:
        db, kind = self._shop.db, turn % 5
        if kind == 0:
            db.messages.insert_one({"_id": ObjectId(), "n": turn, "text": "written meanwhile"})
        elif kind == 1:
            db.users.insert_one({"n": -turn, "text": "new"})
        elif kind == 2:
            # A longer document is moved where a storage engine has no room for it.
            text = "x" * self._chance.randrange(400)
            db.users.update_one({"n": self._chance.randrange(100)}, {"$set": {"text": text}})
        elif kind == 3:
            db.cache.insert_one({"n": turn})
        else:
            db.cache.delete_one({})

    def stop(self) -> None:
        self._over.set()
        self.join(30)
        assert self.error is None, self.error
        assert self.done, "nothing was written meanwhile"
