"""The benchmark of memory: python -m tests.benchmarks.data_memory. A backup and its proof, at any size.

Of 1,000 collections, of documents of 16 MB, and of a million small ones; by our own writer, and by mongodump,
which is a stand-in, as mongorestore is (``tests.mongo.database_tools``).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from gonogo.deploy.mongodb.server import login
from tests.mongo import ground, many
from tests.mongo.database_tools import MONGODUMP, MONGORESTORE
from tests.mongo.many import MOST_MB, Many

FULL = Many(collections=1_000, large=30, small=1_000_000)


def main() -> int:
    """Measure and print; exit status 1 when the bar is not held."""
    held = True
    with tempfile.TemporaryDirectory(prefix="gonogo-bench-") as place, ground.started(Path(place)) as made:
        with made.release() as release, login.opened(release) as client:
            FULL.fill(client)
        print(f"{FULL}; at most {MOST_MB} MB of memory")
        for tool in ("gonogo", "mongodump"):
            if tool == "mongodump":
                for name, text in (("mongodump", MONGODUMP), ("mongorestore", MONGORESTORE)):
                    made.install(name, text)
            with made.committed() as image:
                for database in many.DATABASES:
                    seconds, megabytes = many.backed(made, image, database)
                    verdict = "held" if megabytes < MOST_MB else "NOT HELD"
                    held = held and megabytes < MOST_MB
                    print(
                        f"{tool:<10} {database:<12} {seconds:6.1f} s {megabytes:6.0f} MB  {verdict}",
                        flush=True,
                    )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
