"""The benchmark of a large database: python -m tests.benchmarks.data_server [--quick]. Ratios of one run.

A database of ten collections, one of which an application writes to all the time, is backed up and proved
through ssh over a line of MBITS and TRIP_MS. MongoDB's tools are stand-ins (``tests.mongo.database_tools``),
written in Python, and slower than the real ones. The floor is these two alone, on the server: a dump into a
file, and a restore of that file into a throwaway server, which is started for it. It is measured before ours
and after it, since others may work on this machine.
"""

from __future__ import annotations

import argparse
import os
import random
import shlex
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import bson

from gonogo.deploy.mongodb.backup import backup, dump
from gonogo.deploy.mongodb.restore import archive, proof, throwaway
from gonogo.deploy.mongodb.server import database_tools, login
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.release import Release
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target import target_file
from lab import host
from tests.benchmarks import line
from tests.benchmarks.data_backup import message
from tests.benchmarks.line import Line
from tests.lab.chat import Chat
from tests.mongo.database_tools import MONGODUMP, MONGORESTORE

NAME, IMAGE = "bench-server", "gonogo-lab/mongo:with-tools"
MBITS, TRIP_MS = 100, 20
COLLECTIONS, DOCUMENT = 10, 770
"""How many collections there are, and the bytes of a document about."""
FULL, QUICK = 1_000_000_000, 100_000_000
"""Bytes of the database."""
WRITES = 20
"""Writes in a second, half of them inserts and half of them updates, to one of the collections."""
SHARE, SLOWER = 0.15, 1.5
"""The bars: the part of the bytes that crosses the line, and the time as a multiple of the floor's."""
ARCHIVE = "/tmp/floor.archive"


def main() -> int:
    """Measure and print; exit status 1 when a bar is not held."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.data_server", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK / 1e6:.0f} MB, not {FULL / 1e6:.0f}")
    size = QUICK if parser.parse_args().quick else FULL
    with tempfile.TemporaryDirectory(prefix="gonogo-bench-") as place:
        chat = Chat.up(NAME, Path(place))
        try:
            chat.release("v1")
            if chat.deploy().returncode != 0:
                raise SystemExit(chat.outputs[-2])
            kept = f'[backup]\nfolder = "/srv/chat/.deploy/backups"\nproof_image = "{IMAGE}"\n\n[mongodb]'
            chat.target(('database = "chat"', 'database = "shop"'), ("[mongodb]", kept))
            return measured(chat, Path(place), size)
        finally:
            host.down(NAME)


def measured(chat: Chat, folder: Path, size: int) -> int:
    """Measure the floor and ours, print them, and return the exit status."""
    with line.line(chat.made, chat.source, folder, TRIP_MS, MBITS / 8 * 1e6) as at:
        near, far = target_file.load(chat.file), target_file.load(at.file)
        far = far.model_copy(update={"mongodb": near.mongodb, "backup": near.backup})
        with Connection.open(near) as connection, Connection.open(far) as distant:
            release = Release(near, connection, Redactor())
            install(release)
            total = fill(release, size)
            floors = [floor(release)]
            with written(release):
                ours = Ours.of(at, Release(far, distant, Redactor()))
            floors.append(floor(release))
        return judged(ours, total, floors)


@dataclass(frozen=True)
class Ours:
    """What a backup and its proof took: seconds, and bytes over the line."""

    made_s: float
    proved_s: float
    made_bytes: int
    proved_bytes: int
    proof: proof.Proof

    @classmethod
    def of(cls, at: Line, release: Release) -> Ours:
        """Back up and prove."""
        begun, before = time.perf_counter(), at.crossed
        made = backup.make(release, version="v1")
        made_s, middle = time.perf_counter() - begun, at.crossed
        begun = time.perf_counter()
        found = proof.prove(release, made)
        return cls(made_s, time.perf_counter() - begun, middle - before, at.crossed - middle, found)


def judged(ours: Ours, total: int, floors: list[float]) -> int:
    """Print what was measured, and return the exit status."""
    floor_s = statistics.mean(floors)
    share = (ours.made_bytes + ours.proved_bytes) / total
    slower = (ours.made_s + ours.proved_s) / floor_s
    print(f"{total / 1e6:.0f} MB over ssh, {MBITS} Mbit/s, round trip {TRIP_MS} ms; {ours.proof.told}")
    print(f"  dump and restore alone, before and after: {', '.join(f'{one:.1f} s' for one in floors)}")
    print(f"  backup {ours.made_s:.1f} s, {ours.made_bytes / 1e6:.1f} MB over the line")
    print(f"  proof {ours.proved_s:.1f} s, {ours.proved_bytes / 1e6:.1f} MB over the line")
    held = ours.proof.proved and bool(ours.proof.changed)
    for what, value, bar in (("bytes over the line", share, SHARE), ("time", slower, SLOWER)):
        held = held and value <= bar
        print(f"{what}: {value:.2f} x, at most {bar} x: {'held' if value <= bar else 'NOT HELD'}", flush=True)
    return 0 if held else 1


def install(release: Release) -> None:
    """Put the tools into the database's container, and make an image of it for the proof."""
    name = container(release)
    for tool, text in (("mongodump", MONGODUMP), ("mongorestore", MONGORESTORE)):
        script = f"cat > /usr/local/bin/{tool}; chmod 755 /usr/local/bin/{tool}"
        inside = f"docker exec -i {name} sh -c {shlex.quote(script)}"
        release.connection.check(inside, stdin=text.encode(), mutates=True)
    release.connection.check(f"docker commit {name} {IMAGE}", mutates=True)


def container(release: Release) -> str:
    """Return the name of the database's container."""
    found = release.host.mongodb(release).container
    assert found is not None
    return found.name


def fill(release: Release, size: int) -> int:
    """Make the collections of messages, and return the bytes of their documents."""
    noise = os.urandom(1 << 20).hex()
    with login.opened(release) as client:
        for number in range(COLLECTIONS):
            collection = client["shop"][f"c{number}"]
            for begin in range(0, size // COLLECTIONS // DOCUMENT, 5000):
                last = min(begin + 5000, size // COLLECTIONS // DOCUMENT)
                collection.insert_many([text(i, noise) for i in range(begin, last)], ordered=False)
        return int(client["shop"].command("dbStats")["dataSize"])


def text(i: int, noise: str) -> dict[str, object]:
    """Return a message; its text compresses about as text does."""
    at = random.randrange((1 << 20) - 300)
    return {"_id": bson.ObjectId(), **message(i, noise[at : at + 300].encode())}


def floor(release: Release) -> float:
    """Return the seconds of a dump and a restore on the server, with nothing proved."""
    assert release.target.mongodb is not None
    given = dump.config(login.way(release, release.target.mongodb).login)
    inner = database_tools.called("mongodump", ["--db=shop", "--archive"])
    script = f"docker exec -i {container(release)} sh -c {shlex.quote(inner)} > {ARCHIVE}"
    dumped = seconds(lambda: release.connection.check(script, stdin=given, timeout=3600))
    options = ["--archive", *archive.selection("shop", "floor")]
    inner = database_tools.called("mongorestore", options)
    begun = time.perf_counter()
    with throwaway.server(release.connection, IMAGE) as there:
        script = f"{{ cat; cat {ARCHIVE}; }} | docker exec -i {there.name} sh -c {shlex.quote(inner)}"
        release.connection.check(script, stdin=archive.NO_LOGIN, timeout=3600)
    restored = time.perf_counter() - begun
    release.connection.check(f"rm {ARCHIVE}")
    return dumped + restored


@contextmanager
def written(release: Release) -> Iterator[None]:
    """Let an application write to one of the collections."""
    over = threading.Event()

    def write() -> None:
        noise = os.urandom(1 << 20).hex()
        with login.opened(release) as client:
            collection = client["shop"]["c0"]
            known = [row["_id"] for row in collection.find({}, {"_id": 1}).limit(10_000)]
            while not over.wait(2 / WRITES):
                collection.insert_one(text(0, noise))
                collection.update_one({"_id": random.choice(known)}, {"$inc": {"score": 1}})

    writer = threading.Thread(target=write)
    writer.start()
    time.sleep(1)
    try:
        yield
    finally:
        over.set()
        writer.join()


def seconds(what: Callable[[], object]) -> float:
    """Return how long something takes."""
    begun = time.perf_counter()
    what()
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main())
