"""Databases that a backup might keep in memory: many collections, large documents, many small ones."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from pymongo import MongoClient

from tests.mongo.ground import Ground
from tests.mongo.odd import LARGEST

MOST_MB = 200
"""What a process may take to make a backup and to prove it, at any size."""
Client = MongoClient[dict[str, Any]]


@dataclass(frozen=True)
class Many:
    """How many collections of one document, documents of 16 MB, and small documents there are."""

    collections: int
    large: int
    small: int

    def fill(self, client: Client) -> None:
        """Make the databases ``collections``, ``large`` and ``small``."""
        with ThreadPoolExecutor(4) as pool:
            rows = range(self.collections)
            list(pool.map(lambda n: client["collections"][f"c{n:04}"].insert_one({"_id": n}), rows))
        for n in range(self.large):
            client["large"]["big"].insert_one({"_id": n, "x": os.urandom(LARGEST - 32)})
        for begin in range(0, self.small, 20_000):
            last = min(begin + 20_000, self.small)
            client["small"]["tiny"].insert_many([{"_id": n, "n": n % 7} for n in range(begin, last)])


DATABASES = ("collections", "large", "small")


def backed(made: Ground, image: str, database: str) -> tuple[float, float]:
    """Back a database up and prove it in a process; return the seconds and the most memory, in MB.

    Fails where it is not proved.
    """
    argv = [sys.executable, "-m", "tests.mongo.backing", made.project, str(made.folder), image, database]
    begun = time.monotonic()
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - begun, float(done.stdout.split()[-1])
