"""The benchmark of restores: python -m tests.benchmarks.data_restore [--runs N]. Ratios of one run.

The floor is pymongo's insert_many of the very same raw documents from memory, with one connection, into the
same throwaway server over the same forward. A load does more in its time: it reads the backup from the target
over the line, and compares the sum of every file.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bson.raw_bson import RawBSONDocument

from gonogo.deploy.mongodb.backup import backup
from gonogo.deploy.mongodb.backup.backup_store import Backup
from gonogo.deploy.mongodb.fingerprint import batches
from gonogo.deploy.mongodb.fingerprint.elements import documents
from gonogo.deploy.mongodb.restore import backup_comparison, loader, throwaway
from gonogo.deploy.mongodb.server import login
from gonogo.deploy.release.release import Release
from tests.benchmarks.data_backup import SHAPES, fill
from tests.mongo import ground

BAR = 0.7
"""The least throughput of a load, as a multiple of the floor's."""
LIMIT_S = 900
"""A restore is to take 15 minutes at most (what the incidents' team asked for)."""


@dataclass
class Times:
    """Seconds of each run."""

    floor: list[float]
    load: list[float]
    compare: list[float]


def main() -> int:
    """Measure and print; exit status 1 when the bar is not held."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.data_restore", description="Restores.")
    parser.add_argument("--runs", type=int, default=3, help="runs of each, of which the median counts")
    parser.add_argument("--only", choices=SHAPES, help="one shape of documents alone")
    given = parser.parse_args()
    held = True
    with tempfile.TemporaryDirectory(prefix="gonogo-bench-") as place, ground.started(Path(place)) as made:
        print("documents             MB floor MB/s load MB/s  ratio compare MB/s  GB in 15 min, compared")
        for shape in [given.only] if given.only else SHAPES:
            with made.release() as release:
                fill(release, *SHAPES[shape])
                held &= measured(release, shape, backup.make(release), given.runs)
    return 0 if held else 1


def measured(release: Release, shape: str, made: Backup, runs: int) -> bool:
    """Measure one shape of documents, print it, and return whether the bar was held."""
    rows = read(release)
    mega = sum(len(one.raw) for one in rows) / 1e6
    found = Times([], [], [])
    container = release.host.mongodb(release).container
    assert container
    for _ in range(runs):
        with throwaway.server(release.connection, container.image) as there:
            once(release, made, there.client, rows, found)
    times = (found.floor, found.load, found.compare)
    floor, load, compare = (mega / statistics.median(one) for one in times)
    fits = LIMIT_S / (1 / load + 1 / compare) / 1000
    print(
        f"{shape:<18} {mega:5.0f} {floor:10.0f} {load:9.0f} {load / floor:6.2f} {compare:12.0f} {fits:10.0f}",
        flush=True,
    )
    return load / floor >= BAR


def once(release: Release, made: Backup, client: Any, rows: list[RawBSONDocument], found: Times) -> None:
    """Measure the floor, the load and the comparison, one after another."""
    client["warm"]["up"].insert_one({})
    found.floor.append(seconds(lambda: insert(client, rows)))
    client.drop_database("floor")
    found.load.append(seconds(lambda: loader.load(release.connection, made, client, "shop")))
    found.compare.append(seconds(lambda: compared(release, made, client)))


def read(release: Release) -> list[RawBSONDocument]:
    """Return all documents, as they lie on the server."""
    with login.opened(release) as client:
        found = list(batches.read(client, "shop", "things"))
    return [RawBSONDocument(batch[at:end]) for batch in found for at, end in documents(batch)]


def insert(client: Any, rows: list[RawBSONDocument]) -> None:
    """Do the least that any restore has to."""
    client["floor"]["things"].insert_many(rows, ordered=False)


def compared(release: Release, made: Backup, client: Any) -> None:
    """Compare what was loaded, as a proof does."""
    assert not backup_comparison.of(release, made, client, "shop").differences


def seconds(what: Callable[[], object]) -> float:
    """Return how long something takes."""
    begun = time.perf_counter()
    what()
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main())
