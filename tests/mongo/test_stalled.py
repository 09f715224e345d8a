"""A dump or a restore that hangs ends in one sentence, and one that is slow is not ended.

The tools are stand-ins, see ``database_tools``.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bson
import pytest
from pymongo import MongoClient

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup import backup
from gonogo.deploy.mongodb.restore import loader, proof, restore, server_error
from gonogo.deploy.mongodb.restore.inserter import Inserter
from gonogo.deploy.mongodb.server import login, source, stall
from gonogo.deploy.release.release import Release
from lab.docker import run
from tests.mongo import ground
from tests.mongo.database_tools import MONGODUMP, MONGORESTORE
from tests.mongo.ground import Ground

COLLECTIONS = 12


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with ground.started(tmp_path_factory.mktemp("ground")) as found:
        for name, text in (("mongodump", MONGODUMP), ("mongorestore", MONGORESTORE)):
            found.install(name, text)
        with found.release() as release, login.opened(release) as client:
            for number in range(COLLECTIONS):
                client.shop[f"c{number:02}"].insert_many({"i": i} for i in range(100))
        yield found


@pytest.fixture(autouse=True)
def impatient(made: Ground, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(stall, "LOOK_S", 0.5)
    monkeypatch.setattr(stall, "STALLED_S", 5.0)
    yield
    made.plan("")


def running(made: Ground) -> bytes:
    return run(["docker", "top", made.container, "-eo", "args"]).stdout


def test_a_dump_that_hangs_ends_in_one_sentence(made: Ground, release: Release) -> None:
    made.plan("hang")
    with pytest.raises(GonogoError, match=f"mongodump in {made.container} did nothing for 5 s and was ended"):
        backup.make(release)
    assert list(Path(release.target.backup_path).iterdir()) == []


def test_a_restore_that_hangs_ends_in_one_sentence(made: Ground, release: Release) -> None:
    found = backup.make(release)
    made.plan("hang")
    told = f"mongorestore of {found.name} did nothing for 5 s and was ended"
    with made.committed() as image, pytest.raises(GonogoError, match=told):
        proof.prove(release, found, image=image)
    with pytest.raises(GonogoError, match=told), login.opened(release) as client:
        try:
            restore.restore(release, found, into="beside")
        finally:
            assert "beside" not in client.list_database_names()


def test_what_is_slow_is_waited_for(made: Ground, release: Release) -> None:
    made.plan("slow 1")
    begun = time.monotonic()
    found = backup.make(release)
    assert time.monotonic() - begun > COLLECTIONS > stall.STALLED_S
    with made.committed() as image:
        proved = proof.prove(release, found, image=image)
    assert proved.proved, proved.differences
    assert proved.seconds > COLLECTIONS


@pytest.fixture
def client(release: Release) -> Iterator[MongoClient[dict[str, Any]]]:
    with login.opened(release) as opened:
        yield opened
        opened.drop_database("beside")


@contextmanager
def locked(client: MongoClient[dict[str, Any]]) -> Iterator[None]:
    """Let the server write nothing, as while somebody copies its files."""
    client.admin.command("fsync", lock=True)
    try:
        with pytest.raises(GonogoError, match="x: the server wrote nothing for 5 s"), server_error.told("x"):
            yield
    finally:
        client.admin.command("fsyncUnlock")


def test_a_server_that_writes_nothing_is_not_waited_for(client: MongoClient[dict[str, Any]]) -> None:
    namespace = source.Namespace("c")
    with locked(client):
        loader.create(client, "beside", namespace)
    # What was sent is done as soon as the server can.
    while "c" not in client.beside.list_collection_names():
        time.sleep(0.1)
    writer = Inserter(client, "beside", namespace, None)
    with locked(client):
        writer.put([bson.encode({"_id": 1})])
        writer.end()
    assert writer.documents == 0


def test_a_restore_into_a_server_that_writes_nothing_ends(
    release: Release, client: MongoClient[dict[str, Any]]
) -> None:
    found = backup.make(release)
    client.admin.command("fsync", lock=True)
    try:
        told = "the server wrote nothing for 5 s.*; what was loaded until then is in the database beside"
        with pytest.raises(GonogoError, match=told):
            restore.restore(release, found, into="beside")
    finally:
        client.admin.command("fsyncUnlock")
