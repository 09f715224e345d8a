"""Users and roles: brought back on request, with the passwords that they had."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup import backup, backup_store, layout
from gonogo.deploy.mongodb.backup.reading import BackupDamaged
from gonogo.deploy.mongodb.restore import accounts, proof, restore
from gonogo.deploy.mongodb.server import login
from gonogo.deploy.release.release import Release
from tests.mongo.ground import started
from tests.mongo.kept import Kept, flipped

SECRET = "P455 of al!ce"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    with started(tmp_path_factory.mktemp("users")) as ground, ground.release() as release:
        with login.opened(release) as client:
            db = client["shop"]
            db.things.insert_one({"_id": 1})
            allowed = [{"resource": {"db": "shop", "collection": ""}, "actions": ["find"]}]
            db.command("createRole", "reader", privileges=allowed, roles=[])
            db.command("createUser", "alice", pwd=SECRET, roles=["reader"])
        yield release


def test_they_are_brought_back_with_their_passwords(release: Release) -> None:
    made = backup.make(release, users=True)
    assert proof.prove(release, made).proved
    with login.opened(release) as client:
        db = client["shop"]
        db.command("dropUser", "alice")
        db.command("dropRole", "reader")
        db.command("createUser", "bob", pwd="x", roles=[])
        restore.restore(release, made)
        assert not db.command("usersInfo", "alice")["users"]
        done = restore.restore(release, made, into="users_too", users=True)
        assert done.told.endswith(f"beside the live data; users and roles as they were are in {done.safety}")
        before = backup_store.find(release.connection, release.target, done.safety)
        assert before.manifest.users and before.manifest.documents == 1
        assert {one["user"] for one in db.command("usersInfo")["users"]} == {"alice", "bob"}
        assert [one["role"] for one in db.command("rolesInfo", "reader")["roles"]] == ["reader"]
        assert not [name for name in client.admin.list_collection_names() if name.startswith("gonogo")]
        container = release.host.mongodb(release).container
        assert container
        given = {"username": "alice", "password": SECRET, "authSource": "shop", "directConnection": True}
        with MongoClient(container.addresses[0], **given) as alice:
            assert alice["shop"].things.find_one() == {"_id": 1}
            with pytest.raises(OperationFailure):
                alice["shop"].things.insert_one({})
        client.drop_database("users_too")


def test_those_that_are_replaced_can_be_brought_back(release: Release) -> None:
    with login.opened(release) as client:
        db = client["shop"]
        made = backup.make(release, users=True)
        db.command("createUser", "carol", pwd=SECRET, roles=[])
        done = restore.restore(release, made, replace=True, users=True, prove=False)
        db.command("dropUser", "carol")
        before = backup_store.find(release.connection, release.target, done.safety)
        restore.restore(release, before, replace=True, users=True, prove=False)
        assert "carol" in {one["user"] for one in db.command("usersInfo")["users"]}
        db.command("dropUser", "carol")


def test_users_that_cannot_be_brought_back_are_told_beside_what_was_done(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = backup.make(release, users=True)

    def refused(*_: object) -> None:
        raise GonogoError("the login may not")

    monkeypatch.setattr(accounts, "load", refused)
    told = r"1 documents of .* are in half_done, in .*; but the login may not"
    with pytest.raises(GonogoError, match=told):
        restore.restore(release, made, into="half_done", users=True)


def test_a_backup_without_them_is_said_so_before_anything_is_done(release: Release) -> None:
    made = backup.make(release)
    with login.opened(release) as client, pytest.raises(GonogoError, match="was made without users"):
        restore.restore(release, made, into="never", users=True)
    with login.opened(release) as client:
        assert "never" not in client.list_database_names()


def test_damaged_ones_fail_the_proof(release: Release, tmp_path: Path) -> None:
    made = backup.make(release, users=True)
    kept = Kept(release, made, tmp_path)
    path = layout.account_path("shop", "users")
    kept.changed(path, flipped(0), summed=True)
    found = proof.prove(release, kept.found())
    assert not found.proved and "system.users" in found.told
    with login.opened(release) as client, pytest.raises(BackupDamaged):
        accounts.load(release.connection, kept.found(), client)
    with login.opened(release) as client:
        assert not [name for name in client.admin.list_collection_names() if name.startswith("gonogo")]
