"""A large database stays on its server: what nobody writes to is proved by its hash, and not read.

The tools are stand-ins, see ``database_tools``.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from gonogo.deploy.mongodb.backup import backup, dump, expected_reading, manifest
from gonogo.deploy.mongodb.backup.backup_store import Backup
from gonogo.deploy.mongodb.fingerprint import compare, fingerprint, unread
from gonogo.deploy.mongodb.fingerprint.fingerprint import Fingerprint
from gonogo.deploy.mongodb.restore import late_entries, proof, restore
from gonogo.deploy.mongodb.server import login
from gonogo.deploy.release.release import Release
from gonogo.deploy.target.sections.data import Mongodb
from lab.docker import check
from tests.mongo import ground, kept
from tests.mongo.database_tools import MONGODUMP, MONGORESTORE
from tests.mongo.ground import Ground

READ = ("log", "sessions", "system.js")
"""A capped one, one that ages, and one of MongoDB's own: they are read whatever their size."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with ground.started(tmp_path_factory.mktemp("ground")) as found:
        for name, text in (("mongodump", MONGODUMP), ("mongorestore", MONGORESTORE)):
            found.install(name, text)
        with found.release() as release, login.opened(release) as client:
            kept.fill(client)
        yield found


@pytest.fixture(scope="module")
def image(made: Ground) -> Iterator[str]:
    with made.committed() as tag:
        yield tag


@pytest.fixture(autouse=True)
def small(made: Ground, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the smallest collections alone count as small."""
    monkeypatch.setattr(unread, "SMALL", 1_000)
    monkeypatch.setattr(unread, "SMALL_SHARE", 0.0)
    yield
    made.plan("")


def taken(found: Backup, part: str = "") -> Fingerprint:
    return fingerprint.load(Path(found.folder, part))


@contextmanager
def writes(release: Release, *names: str) -> Iterator[None]:
    """Let an application insert all through."""
    over = threading.Event()

    def write() -> None:
        with login.opened(release) as client:
            while not over.wait(0.005):
                for name in names:
                    client.shop[name].insert_one({"n": -time.monotonic_ns()})

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        over.set()
        writer.join()


def test_what_nobody_writes_to_is_proved_by_its_hash(release: Release, image: str) -> None:
    found = backup.make(release)
    assert found.manifest.consistency == manifest.UNCHANGED
    collections = taken(found).collections
    hashed = {name for name, one in collections.items() if not one.read}
    assert {"messages", "users", "temperatures"} <= hashed
    assert not hashed & {*READ, "first"}
    assert collections["messages"].count == kept.MESSAGES
    proved = proof.prove(release, found, image=image)
    assert proved.proved, proved.differences
    assert proved.documents == found.manifest.documents == taken(found).count


def test_it_is_restored_beside_and_over_the_live_data(release: Release) -> None:
    found = backup.make(release)
    with login.opened(release) as client:
        before = kept.hashes(client)
        done = restore.restore(release, found, into="beside")
        assert kept.hashes(client, "beside") == before
        client.drop_database("beside")
        client.shop.messages.delete_many({"_id": {"$lt": 100}})
        done = restore.restore(release, found, replace=True, prove=False)
        assert (done.database, kept.hashes(client)) == ("shop", before)


def test_a_hash_that_differs_is_a_loss(made: Ground, release: Release, image: str) -> None:
    made.plan("lose")
    found = backup.make(release)
    proved = proof.prove(release, found, image=image)
    told = "messages: its 2000 documents are not what they were: the server's hash of them"
    assert not proved.proved and any(one.startswith(told) for one in proved.differences)


def test_what_is_written_to_is_read(made: Ground, release: Release, image: str) -> None:
    made.plan("slow 0.05")
    with writes(release, "users"):
        found = backup.make(release)
    assert found.manifest.consistency == manifest.INCONSISTENT
    for part in (manifest.BEFORE, ""):
        collections = taken(found, part).collections
        assert collections["users"].read and not collections["messages"].read
    proved = proof.prove(release, found, image=image)
    assert proved.proved, proved.differences
    assert proved.changed and (proved.same or 0) >= kept.MESSAGES + 50


def test_what_others_begin_to_write_to_is_dumped_again(
    made: Ground, release: Release, image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, dumps = dump._dump, list[int]()

    def dumped(request: backup.BackupRequest) -> object:
        dumps.append(1)
        with writes(release, "messages"):
            return real(request)

    monkeypatch.setattr(dump, "_dump", dumped)
    made.plan("slow 0.05")
    found = backup.make(release)
    assert len(dumps) == 2
    assert taken(found, manifest.BEFORE).collections["messages"].read
    assert not taken(found).collections["users"].read
    proved = proof.prove(release, found, image=image)
    assert proved.proved, proved.differences


def test_a_document_that_vanishes_after_the_dump_is_named(made: Ground, image: str, tmp_path: Path) -> None:
    with made.release(backup={"folder": str(tmp_path / "backups"), "proof_image": image}) as release:
        (tmp_path / "taken").mkdir()
        _named(release, tmp_path / "taken")


def _named(release: Release, tmp_path: Path) -> None:
    found = backup.make(release, version="v1")
    fingerprint.fetch(release.connection, found.folder, tmp_path)
    kinds = Mongodb(service="mongodb", database="shop", other_collections="append-only")
    with login.opened(release) as client:
        gone = client.shop.messages.find_one_and_delete({"_id": 77})
        supply = partial(late_entries.supply, release, found.folder, tmp_path)
        lost = compare.compared(tmp_path, client, "shop", kinds, supply=supply)
        client.shop.messages.insert_one(gone)
        assert [one.told for one in lost.differences] == ["messages (append-only): 1 document vanished: 77"]
        again = compare.compared(tmp_path, client, "shop", kinds, supply=supply)
        assert not again.differences


def test_the_plan_says_how_much_is_read(
    made: Ground, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expected_reading, "MB", 1_000)  # there is little
    with writes(release, "users"):
        time.sleep(0.5)
        told = expected_reading.told(release)
    read, whole = re.findall(r"([\d.]+) (?:of|MB are)", told)
    assert told.startswith("backup by mongodump on the server: ") and 0 < float(read) < float(whole)
    assert "users" in told and "log" in told and "messages" not in told
    check(["docker", "exec", made.container, "rm", "/usr/local/bin/mongodump"])
    with made.release() as other:
        told = expected_reading.told(other)
    assert re.fullmatch(r"backup by gonogo: all of the database, \d+ MB, comes through this machine", told)
