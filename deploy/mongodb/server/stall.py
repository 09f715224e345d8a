"""Whether a tool that runs on the target still gets on: it is ended when nothing changes for too long.

A tool that is slow and gets on has as long as it needs; one that hangs does not have the time that a large
database takes.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from gonogo.deploy.errors import GonogoError

T = TypeVar("T")

STALLED_S = 600.0
"""Seconds without any change after which a tool is ended; one document of 15 MB may take it minutes."""
LOOK_S = 5.0
"""Seconds between two looks."""
SLOWEST = 20_000
"""Bytes in a second below which even a tool that gets on is ended at last."""


class Stalled(GonogoError):
    """A tool was ended, since it did nothing for STALLED_S or took too long in all."""


def limited(write: Callable[[], T]) -> T:
    """Return what ``write`` returns, which a server has STALLED_S for; raises Stalled, and what it raises.

    What takes longer goes on in a thread that nobody waits for, until the client is closed. A limit of
    pymongo's would also be the time that a server is looked for that was lost.
    """
    done: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(write())
        except BaseException as error:  # noqa: BLE001  it is raised again where it is waited for
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True, name="gonogo-write")
    thread.start()
    thread.join(STALLED_S)
    if failed:
        raise failed[0]
    if not done:
        raise Stalled(
            f"the server wrote nothing for {STALLED_S:g} s: see whether it is locked (db.fsyncLock), and its "
            "disk, then try again"
        )
    return done[0]


class Watched:
    """The standard input of a tool: what it is given, and then nothing, while it gets on.

    Where ``progress`` returns the same for STALLED_S, reading it raises Stalled, which ends the tool. The
    script prints something when the tool has ended.
    """

    def __init__(self, given: bytes, progress: Callable[[], object], what: str) -> None:
        """Prepare; ``what``: the tool in words. ``progress`` returns None where it cannot be told."""
        self._given, self._progress, self._what = given, progress, what
        self._over = threading.Event()

    def read(self, _size: int = -1) -> bytes:
        """Return what is given, at first; then wait for the end. Raises Stalled."""
        if self._given:
            given, self._given = self._given, b""
            return given
        last, since = None, time.monotonic()
        while not self._over.wait(LOOK_S):
            now = self._progress()
            if now is None or now != last:
                last, since = now, time.monotonic()
            elif time.monotonic() - since > STALLED_S:
                raise Stalled(
                    f"{self._what} did nothing for {STALLED_S:g} s and was ended: see the load of that "
                    "machine and its disk, then try again"
                )
        return b""

    def heard(self, _said: bytes) -> None:
        """Take what the tool's script prints at its end: there is nothing to wait for any more."""
        self._over.set()

    def __enter__(self) -> Watched:
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()


def longest_s(least: float, size: int | None) -> float:
    """Return the seconds that a tool may take that is watched; ``least``: what it may take if it is not."""
    return least if size is None else max(least, least + size / SLOWEST)


def of_database(client: MongoClient[dict[str, Any]], database: str) -> Callable[[], object]:
    """Return what tells how far a restore into a database is: its size, and how far its indexes are built."""

    def look() -> object:
        with suppress(PyMongoError):
            said = client[database].command("dbStats")
            size = [said.get(key) for key in ("collections", "objects", "dataSize", "indexes", "indexSize")]
            return [*size, *_building(client, database)]
        return None

    return look


def _building(client: MongoClient[dict[str, Any]], database: str) -> list[object]:
    """Return how far each index build is; the time where the login may not ask, so that none is ended."""
    stages: list[dict[str, Any]] = [
        {"$currentOp": {"allUsers": True}},
        {"$match": {"ns": {"$regex": f"^{re.escape(database)}[.]"}, "progress.done": {"$exists": True}}},
        {"$project": {"progress.done": 1}},
    ]
    try:
        return [one["progress"]["done"] for one in client.admin.aggregate(stages)]
    except OperationFailure:
        return [time.monotonic()]
