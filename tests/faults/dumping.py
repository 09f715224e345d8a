"""A stage whose database is backed up by mongodump, and what goes wrong with that.

mongodump and mongorestore are stand-ins (``tests.mongo.database_tools``), slow enough to be met.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from tests.faults.running import Runner
from tests.faults.stage import Stage
from tests.lab.chat import STACK
from tests.mongo.database_tools import MONGODUMP, MONGORESTORE

IMAGE = "gonogo-lab/mongo:with-tools"
FOLDER = f"{STACK}/.deploy/backups"
BACKUP = f'[backup]\nfolder = "{FOLDER}"\nproof_image = "{IMAGE}"\n\n[mongodb]'
CHANGES = (
    ("[mongodb]", BACKUP),
    ("[mongodb.collections]", '[mongodb.collections]\ntraffic = "volatile"'),
)
"""What the target file has beside."""
SLOW = "slow 0.4"
"""A pause before each of the collections: with it, a dump takes some seconds."""
TOOLS = {"mongodump": MONGODUMP, "mongorestore": MONGORESTORE}
INSIDE = "docker exec -i chat-mongodb sh -c"
PLACE = "/tmp/traffic.py"
RUNS = '"/usr/local/bin/mongo(dump|restore)"'
"""Matches neither mongod nor the shell that looks for it."""
MET = f"for n in $(seq 100); do pgrep -f {RUNS} >/dev/null && break; sleep 0.1; done"
"""Waits until one of the tools runs, for 10 s."""
JOURNAL_NS = 1_000_000_000
"""How long before the end of a database that was killed a write may be lost; the machine is slow."""
TRAFFIC = """
import os, time
from pymongo import MongoClient
given = {name: os.environ[f"MONGO_INITDB_ROOT_{name.upper()}"] for name in ("username", "password")}
d = MongoClient(**given).chat
for n in range(100_000):
    d.traffic.insert_many([{"n": n}, {"n": -n}])
    d.traffic.delete_one({"n": n})
    d.traffic.update_one({"n": -n}, {"$set": {"n": 1}})
    time.sleep(0.02)
"""


def prepare(stage: Stage) -> None:
    """Put the tools into the database's container, make an image of it, and a folder with a backup."""
    for name, text in TOOLS.items():
        script = f"cat > /usr/local/bin/{name}; chmod 755 /usr/local/bin/{name}"
        stage.root(f"{INSIDE} '{script}'", stdin=text.encode())
    stage.root(
        f"{INSIDE} 'rm -f /tmp/plan'; docker image inspect {IMAGE} >/dev/null 2>&1 || "
        f"docker commit --pause=false chat-mongodb {IMAGE}; install -d -o deploy -g deploy -m 700 {FOLDER}"
    )
    stage.target(*CHANGES)
    done = stage.gonogo("backup", reports=False)
    assert done.returncode == 0, done.stdout + done.stderr
    stage.root(f"{INSIDE} 'printf \"{SLOW}\" > /tmp/plan'")


def clear(stage: Stage) -> None:
    """Take the tools away, and what was written beside the stack's own data."""
    stage.root(f"{INSIDE} 'rm -f /usr/local/bin/mongodump /usr/local/bin/mongorestore /tmp/plan'")


@contextlib.contextmanager
def tool_killed(stage: Stage, _: Runner) -> Iterator[None]:
    """mongodump, or mongorestore, gets SIGKILL, as the kernel does it when memory runs out."""
    stage.root(f"{MET}; pkill -KILL -f {RUNS}; true")
    yield


@contextlib.contextmanager
def database_killed(stage: Stage, _: Runner) -> Iterator[None]:
    """The database's container is killed, and its owner starts it again.

    MongoDB writes its journal every 100 ms, and acknowledges before that: what came last may be lost.
    """
    stage.root(MET)
    begun = time.time_ns()
    stage.root("docker kill chat-mongodb")
    stage.unwritten = begun - JOURNAL_NS, time.time_ns()
    try:
        yield
    finally:
        stage.root("docker start chat-mongodb")


@contextlib.contextmanager
def traffic(stage: Stage, _: Runner) -> Iterator[None]:
    """An application writes and deletes all through."""
    stage.root(f"{INSIDE} 'cat > {PLACE}'", stdin=TRAFFIC.encode())
    stage.root(f"docker exec -d chat-mongodb python3 {PLACE}")
    try:
        yield
    finally:
        stage.root(f"pkill -KILL -f [/]{PLACE[1:]}; true")
