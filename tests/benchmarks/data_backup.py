"""The benchmark of backups: python -m tests.benchmarks.data_backup [--runs N]. Ratios of one run.

The floor is reading the same collections with one cursor of pymongo, over the same forward. A backup, as
`gonogo backup` makes it, does more in its time: two digests of all bytes and one of each document, the way to
the target, the check of every sum there, and the flush to its disk. ``at best``: the ratio if the processors
of this machine, which is runner, target and server at once, did the work of a backup without ever waiting. A
bar that is above that is beyond the machine, and not counted as one that is not held.
"""

from __future__ import annotations

import argparse
import datetime
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import bson

from gonogo.deploy.mongodb.backup import backup, backup_store
from gonogo.deploy.mongodb.server import login
from gonogo.deploy.release.release import Release
from tests.benchmarks import line
from tests.mongo import ground

BAR = 0.7
"""The least throughput of a backup, as a multiple of that of one cursor that reads documents."""
MESSAGES = "messages, 700 B"
SHAPES = {
    MESSAGES: (700, 200_000),
    "500 B": (500, 240_000),
    "4 kB": (4_000, 40_000),
    "250 kB, as GridFS": (250_000, 800),
    "16 MB": (16_700_000, 12),
}
"""Size and number of the documents of each database."""


def main() -> int:
    """Measure and print; exit status 1 when the bar is not held."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.data_backup", description="Backups.")
    parser.add_argument("--runs", type=int, default=3, help="runs of each, of which the median counts")
    parser.add_argument("--only", choices=SHAPES, help="one shape of documents alone")
    given = parser.parse_args()
    held = True
    with tempfile.TemporaryDirectory(prefix="gonogo-bench-") as place, ground.started(Path(place)) as made:
        print("documents             MB  raw MB/s find MB/s backup MB/s  ratio to find, at best")
        for shape in [given.only] if given.only else SHAPES:
            with made.release() as release:
                held &= measured(release, shape, *SHAPES[shape], given.runs)
    return 0 if held else 1


def measured(release: Release, shape: str, size: int, number: int, runs: int) -> bool:
    """Measure one shape of documents, print it, and return whether the bar was held where it can be."""
    fill(release, size, number)
    raw, found, backups, works = [], [], [], []
    total = read(release, raw=True)  # what is in the server's memory then is there for all
    for _ in range(runs):
        raw.append(seconds(lambda: read(release, raw=True)))
        found.append(seconds(lambda: read(release, raw=False)))
        works.append(line.busy(lambda: backups.append(seconds(lambda: backup.make(release)))))
        for made in backup_store.listed(release.connection, release.target):
            backup_store.remove(release.connection, release.target, made)
    mega = total / 1e6
    rates = [mega / statistics.median(one) for one in (raw, found, backups)]
    ratio = rates[2] / rates[1]
    # All processors at work all the time, as if nothing had to wait for anything.
    best = mega / (statistics.median(works) / (os.cpu_count() or 1)) / rates[1]
    verdict = "held" if ratio >= BAR else "NOT HELD" if best >= BAR else "beyond this machine"
    print(
        f"{shape:<18} {mega:5.0f} {rates[0]:9.0f} {rates[1]:9.0f} {rates[2]:11.0f} "
        f"{rates[2] / rates[0]:6.2f} {ratio:7.2f} {best:8.2f}  {verdict}",
        flush=True,
    )
    return ratio >= BAR or best < BAR


def fill(release: Release, size: int, number: int) -> None:
    """Make the database's one collection anew: documents that compress about as text does."""
    with login.opened(release) as client:
        client.drop_database("shop")
        noise = os.urandom(1 << 20).hex().encode()
        many = max(1, min(1000, 8_000_000 // size))
        for begin in range(0, number, many):
            rows = []
            for i in range(begin, min(begin + many, number)):
                at = random.randrange(1 << 20)
                body = (noise[at:] * (size // (1 << 20) + 2))[:size]
                rows.append({"i": i, "name": f"document {i}", "tags": ["a", "b"], "body": body})
                if size == SHAPES[MESSAGES][0]:
                    rows[-1] = message(i, body)
            client["shop"]["things"].insert_many(rows)


def message(i: int, noise: bytes) -> dict[str, object]:
    """Return a document such as a chat keeps: two dozen fields of all kinds, nested."""
    at = datetime.datetime(2026, 1, 1) + datetime.timedelta(seconds=i)
    return {
        "session": bson.ObjectId(),
        "user": {"id": bson.ObjectId(), "name": f"user {i % 500}", "roles": ["member", "author"]},
        "role": "assistant" if i % 2 else "user",
        "content": noise[:220].decode(),
        "model": {"name": "large", "temperature": 0.7, "tokens": {"in": i % 900, "out": i % 400}},
        "created": at,
        "updated": at,
        "status": "done",
        "tags": ["a", "b", "c"],
        "reactions": [{"by": bson.ObjectId(), "kind": "like", "at": at} for _ in range(3)],
        "flags": {"pinned": False, "deleted": False, "edited": i % 7 == 0},
        "score": i / 3,
    }


def read(release: Release, *, raw: bool) -> int:
    """Read the collections with one cursor, as raw batches or as documents; return the bytes, 0 for those."""
    with login.opened(release) as client:
        things = client["shop"]["things"]
        if raw:
            return sum(len(batch) for batch in things.find_raw_batches())
        for _ in things.find():
            pass
    return 0


def seconds(what: Callable[[], object]) -> float:
    """Return how long something takes."""
    begun = time.perf_counter()
    what()
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main())
