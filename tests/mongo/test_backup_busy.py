"""A standalone MongoDB that others write to while mongodump reads it: what is proved of it, and what is not.

The real tools cannot be had here: two stand-ins, which read and write an archive of their own, are put into
the image. They read one collection after another, slowly, as mongodump does.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gonogo.deploy.mongodb.backup import backup, backup_store, manifest
from gonogo.deploy.mongodb.fingerprint import fingerprint
from gonogo.deploy.mongodb.restore import proof, restore
from gonogo.deploy.mongodb.server import login
from gonogo.deploy.release.release import Release
from lab.docker import check
from tests.mongo import ground
from tests.mongo.ground import Ground
from tests.mongo.test_restore_archive import STANDIN as MONGORESTORE

MONGODUMP = """#!/usr/bin/env python3
import json, os, sys, time
from bson import json_util
from pymongo import MongoClient
if "--version" in sys.argv:
    sys.exit(0)
options = dict(one.partition("=")[::2] for one in sys.argv[1:])
client = MongoClient(json.loads(open(options["--config"]).read().partition(": ")[2]))
found = {}
for name in sorted(client[options["--db"]].list_collection_names()):
    time.sleep(0.5)
    found[name] = list(client[options["--db"]][name].find())
if os.path.exists("/tmp/lose"):
    found["things"] = [one for one in found["things"] if one["_id"] not in (7, 8)]
    found["things"][-1]["n"] = "other"
begin, end = bytes.fromhex("6de29981"), bytes.fromhex("ffffffff")
sys.stdout.buffer.write(begin + json_util.dumps(found).encode() + end)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with ground.started(tmp_path_factory.mktemp("ground")) as found:
        for name, text in (("mongodump", MONGODUMP), ("mongorestore", MONGORESTORE)):
            found.install(name, text)
        yield found


@pytest.fixture(scope="module")
def image(made: Ground) -> Iterator[str]:
    with made.committed() as tag:
        yield tag


@contextmanager
def written(release: Release) -> Iterator[None]:
    """Let an application write, update and delete all through; 500 documents of each are left alone."""
    over = threading.Event()

    def write(number: int = 0) -> None:
        with login.opened(release) as client:
            while not over.wait(0.002):
                number += 1
                client.shop.things.insert_one({"_id": 10_000 + number, "n": number})
                client.shop.things.delete_one({"_id": 1_000 + number})
                client.shop.logs.update_one({"_id": 1_000 + number}, {"$set": {"n": "changed"}})

    with login.opened(release) as client:
        for name in ("things", "logs"):
            client.shop[name].drop()
            client.shop[name].insert_many([{"_id": n, "n": n} for n in (*range(500), *range(1_000, 4_000))])
    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        over.set()
        writer.join()


def test_a_busy_standalone_is_proved(made: Ground, release: Release, image: str) -> None:
    with written(release):
        found = backup.make(release, version="v1")
    said = found.manifest
    assert (said.tool, said.consistent, said.consistency) == ("mongodump", False, manifest.INCONSISTENT)
    proved = proof.prove(release, found, image=image)
    assert proved.proved, proved.differences
    before, after = (fingerprint.load(Path(found.folder, part)) for part in (manifest.BEFORE, ""))
    assert proved.same and 1_000 <= proved.same < min(before.count, after.count)
    assert proved.changed >= 3 * 100  # inserted, deleted and updated
    assert f"{proved.same} found to be the same; {proved.changed} were written to" in proved.told
    assert proof.load(release.connection, str(found.folder)) == proved
    restored = restore.restore(release, found, into="beside")
    assert restored.documents == proved.documents
    backup_store.remove(release.connection, release.target, found)
    assert not Path(found.folder).exists()


def test_what_is_missing_in_it_is_named(made: Ground, release: Release, image: str) -> None:
    check(["docker", "exec", made.container, "touch", "/tmp/lose"])
    with written(release):
        found = backup.make(release)
    proved = proof.prove(release, found, image=image)
    assert not proved.proved
    (lost,) = [one for one in proved.differences if one.startswith("things: 2 documents vanished: ")]
    assert set(lost.rpartition(": ")[2].split(", ")) == {"7", "8"}
    # Its last document may be one that was written meanwhile, of which nothing is claimed.
    assert len(proved.differences) <= 2
