"""The benchmark of fingerprints: python -m tests.benchmarks.data_fingerprint. Against one full read.

The floor is one full read of the same collections over the same connection with one pymongo cursor, in raw
batches, which are never decoded: the least that one can do. A plain cursor, which gives dictionaries, is
measured beside it.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from gonogo.deploy.mongodb.fingerprint import compare, fingerprint
from gonogo.deploy.mongodb.server import login
from gonogo.deploy.target.sections.data import Mongodb
from tests.mongo.ground import started

Client = MongoClient[dict[str, Any]]
BAR = 0.5
"""The least throughput of a fingerprint, as a multiple of the floor's."""
DATABASE = "bench"
SIZES = {"small": (150, 400_000), "middle": (1_500, 80_000), "large": (60_000, 2_000)}
"""Bytes that a document has about, and how many there are: 60, 120 and 120 MB."""
SEED = 7
WRITES = 300
"""Documents that are added to each collection before a comparison."""
FLOOR = "one full read, raw batches (the floor)"
TAKEN = "fingerprint"
UNCHANGED = "comparison, nothing written"
WRITTEN = "comparison, all written to"


def fill(client: Client) -> int:
    """Make the collections and return the bytes of their documents; half of a text does not compress."""
    chance = random.Random(SEED)
    for name, (size, number) in SIZES.items():
        for first in range(0, number, 2000):
            rows = [
                {"n": n, "ok": True, "text": "x" * (size // 2), "noise": chance.randbytes(size // 2 - 40)}
                for n in range(first, min(first + 2000, number))
            ]
            client[DATABASE][name].insert_many(rows, ordered=False)
    return int(client[DATABASE].command("dbStats")["dataSize"])


def rows(client: Client, runs: int) -> dict[str, list[float]]:
    """Return the seconds of every run by what was measured, the floor first.

    All are measured in turn, so that what else this machine does falls on each of them.
    """
    ways = {
        FLOOR: lambda: _raw(client),
        "one full read, plain cursor": lambda: _plain(client),
        TAKEN: lambda: _taken(client, hashed=True),
        "fingerprint without dbHash": lambda: _taken(client, hashed=False),
    }
    found: dict[str, list[float]] = {what: [] for what in (*ways, UNCHANGED, WRITTEN)}
    for _ in range(runs):
        for what, way in ways.items():
            found[what].append(_seconds(way))
        unchanged, written = _compared(client)
        found[UNCHANGED].append(unchanged)
        found[WRITTEN].append(written)
    return found


def _raw(client: Client) -> None:
    for name in SIZES:
        for _ in client[DATABASE][name].find_raw_batches():
            pass


def _plain(client: Client) -> None:
    for name in SIZES:
        for _ in client[DATABASE][name].find():
            pass


def _taken(client: Client, *, hashed: bool) -> None:
    with tempfile.TemporaryDirectory() as place:
        fingerprint.take(client, DATABASE, Path(place), hashed=hashed)


def _compared(client: Client) -> tuple[float, float]:
    """Return the seconds of a comparison when nothing was written, and when every collection was."""
    settings = Mongodb(service="mongodb", database=DATABASE, other_collections="append-only")
    with tempfile.TemporaryDirectory() as place:
        fingerprint.take(client, DATABASE, Path(place))

        def look() -> None:
            assert compare.differences(Path(place), client, DATABASE, settings) == []

        unchanged = _seconds(look)
        new = {name: client[DATABASE][name].insert_many([{"n": -n} for n in range(WRITES)]) for name in SIZES}
        written = _seconds(look)
        for name, made in new.items():
            client[DATABASE][name].delete_many({"_id": {"$in": made.inserted_ids}})
    return unchanged, written


def _seconds(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main() -> int:
    """Measure and print; exit status 1 when the bar is not held."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.data_fingerprint", description="Fingerprints against one full read."
    )
    parser.add_argument("--runs", type=int, default=5, help="runs of each, of which the median counts")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="gonogo-bench-") as place,
        started(Path(place), database=DATABASE) as ground,
        ground.release() as release,
        login.opened(release) as client,
    ):
        size = fill(client)
        _raw(client)
        found = rows(client, given.runs)
    return judged(size, found)


def judged(size: int, found: dict[str, list[float]]) -> int:
    """Print the throughputs, and whether the bar is held; return the exit status."""
    documents = sum(number for _, number in SIZES.values())
    load = os.getloadavg()[0]
    print(f"{size / 1e6:.0f} MB, {documents} documents, {len(SIZES)} collections, load {load:.1f}")
    ratios = {what: _ratio(found[FLOOR], seconds) for what, seconds in found.items()}
    for what, seconds in found.items():
        middle = statistics.median(seconds)
        print(f"  {what:<40}{middle:6.2f} s {size / 1e6 / middle:6.0f} MB/s  {ratios[what]:5.2f} x")
    verdict = "held" if ratios[TAKEN] >= BAR else "NOT HELD"
    print(f"fingerprint: {ratios[TAKEN]:.2f} x the throughput of one full read, at least {BAR} x: {verdict}")
    return 0 if ratios[TAKEN] >= BAR else 1


def _ratio(floor: list[float], seconds: list[float]) -> float:
    """Return the throughput as a multiple of the floor's in the same turn, the median of all turns."""
    return statistics.median(one / other for one, other in zip(floor, seconds, strict=True))


if __name__ == "__main__":
    sys.exit(main())
