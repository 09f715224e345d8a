"""The benchmark of backups over a line: python -m tests.benchmarks.data_line [--runs N]. Ratios of one run.

As ``data_backup``, but the target is reached through ssh over a line of MBITS and TRIP_MS, as a server is.
What the floor reads passes the line once, and a backup twice, once each way at the same time.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from gonogo.deploy.mongodb.backup import backup, backup_store
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.release import Release
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target import target_file
from lab import host
from tests.benchmarks import line
from tests.benchmarks.data_backup import BAR, fill, read, seconds
from tests.lab.chat import Chat

NAME = "bench-data"
MBITS, TRIP_MS = 100, 20
SHAPES = {
    "messages, 700 B": (700, 40_000),
    "500 B": (500, 50_000),
    "4 kB": (4_000, 8_000),
    "250 kB, as GridFS": (250_000, 400),
    "16 MB": (16_700_000, 6),
}
"""Size and number of the documents of each database: 30 MB, which take 2.5 s one way.

100 MB of long ones: their first batch has 16 MB, and nothing goes back before it is there.
"""


def main() -> int:
    """Measure and print; exit status 1 when the bar is not held."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.data_line", description="Backups over a line."
    )
    parser.add_argument("--runs", type=int, default=3, help="runs of each, of which the median counts")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory(prefix="gonogo-bench-") as place:
        chat = Chat.up(NAME, Path(place))
        try:
            chat.release("v1")
            if chat.deploy().returncode != 0:
                raise SystemExit(chat.outputs[-2])
            chat.target(('database = "chat"', 'database = "shop"'))
            return measured(chat, Path(place), runs)
        finally:
            host.down(NAME)


def measured(chat: Chat, folder: Path, runs: int) -> int:
    """Measure each shape of documents and print it; return the exit status."""
    print(f"over ssh, {MBITS} Mbit/s each way, round trip {TRIP_MS} ms")
    print("documents             MB  find MB/s backup MB/s  ratio to find")
    held = True
    with line.line(chat.made, chat.source, folder, TRIP_MS, MBITS / 8 * 1e6) as at:
        near, far = target_file.load(chat.file), target_file.load(at.file)
        far = far.model_copy(update={"mongodb": near.mongodb})
        for shape, (size, number) in SHAPES.items():
            # Over the line it would take as long as a run.
            with Connection.open(near) as connection:
                fill(Release(near, connection, Redactor()), size, number)
            with Connection.open(far) as connection:
                held &= judged(Release(far, connection, Redactor()), shape, runs)
    return 0 if held else 1


def judged(release: Release, shape: str, runs: int) -> bool:
    """Measure one shape of documents, print it, and return whether the bar was held."""
    mega = read(release, raw=True) / 1e6
    found, backups = [], []
    for _ in range(runs):
        found.append(seconds(lambda: read(release, raw=False)))
        backups.append(seconds(lambda: backup.make(release)))
        for made in backup_store.listed(release.connection, release.target):
            backup_store.remove(release.connection, release.target, made)
    rates = [mega / statistics.median(one) for one in (found, backups)]
    ratio = rates[1] / rates[0]
    print(f"{shape:<18} {mega:5.0f} {rates[0]:10.1f} {rates[1]:11.1f} {ratio:14.2f}", flush=True)
    return ratio >= BAR


if __name__ == "__main__":
    sys.exit(main())
