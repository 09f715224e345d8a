"""A backup of a real MongoDB, made by our own writer: what lies on the target then."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bson
import pytest
from bson import json_util

from gonogo.deploy.mongodb.backup import backup, backup_store, layout, manifest
from gonogo.deploy.mongodb.backup.backup_request import Client
from gonogo.deploy.mongodb.fingerprint import batches, fingerprint
from gonogo.deploy.mongodb.restore import proof
from gonogo.deploy.mongodb.server import login
from gonogo.deploy.release.release import Release
from tests.mongo import ground
from tests.mongo.filled import everything, stored
from tests.mongo.ground import Ground


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with ground.started(tmp_path_factory.mktemp("ground")) as found:
        yield found


@pytest.fixture
def client(release: Release) -> Iterator[Client]:
    with login.opened(release) as found:
        for name in found.list_database_names():
            if name not in ("admin", "config", "local"):
                found.drop_database(name)
        yield found


def test_documents_are_the_bytes_of_the_server(release: Release, client: Client) -> None:
    everything(client)
    sizes: list[int] = []
    found = backup.make(release, on_bytes=sizes.append, version="v1")
    folder = Path(found.folder)
    files = {path.name: path.read_bytes() for path in (folder / "dump" / "shop").glob("*.bson")}
    expected = stored(client, "shop")
    assert files == {f"{layout.escaped(name)}.bson": data for name, data in expected.items()}
    assert len(files["system.buckets.heat.bson"]) > 100
    assert found.manifest.documents == sum(len(bson.decode_all(data)) for data in expected.values())
    assert sum(sizes) > sum(len(data) for data in expected.values())
    assert (found.manifest.version, found.manifest.tool, found.manifest.form) == ("v1", "gonogo", "directory")
    assert (found.manifest.server, found.manifest.image[:7]) == ("6.0.5", "sha256:")
    assert (found.manifest.consistent, found.manifest.consistency) == (True, manifest.UNCHANGED)


def test_metadata_holds_every_option_and_index(release: Release, client: Client) -> None:
    everything(client)
    folder = Path(backup.make(release).folder) / "dump" / "shop"
    rows = {
        one["name"]: one for one in client["shop"].list_collections() if not one["name"].startswith("system.")
    }
    files = sorted(folder.glob("*.metadata.json"))
    assert {layout.read_metadata(path.read_bytes(), path.name).name for path in files} == set(rows)
    for path in files:
        said = json_util.loads(path.read_text())
        row = rows[said["collectionName"]]
        there = (
            [] if row["type"] == "view" else [dict(one) for one in client["shop"][row["name"]].list_indexes()]
        )
        read = layout.read_metadata(path.read_bytes(), path.name)
        assert (read.form, dict(read.options), [dict(one) for one in read.indexes]) == (
            row["type"],
            row["options"],
            there,
        )
        assert ("options" in said) == bool(row["options"])
        assert read.uuid == (row["info"]["uuid"].hex() if "uuid" in row["info"] else "")
    assert json.loads((folder / "prelude.json").read_text())["ServerVersion"] == "6.0.5"
    assert json_util.loads((folder / "people.metadata.json").read_text())["uuid"]


def test_manifest_sums_and_modes_are_right(release: Release, client: Client) -> None:
    everything(client)
    found = backup.make(release)
    folder = Path(found.folder)
    there = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    assert set(there) == {*found.manifest.files, "manifest.json"}
    for name, one in found.manifest.files.items():
        data = there[name].read_bytes()
        assert (one.size, one.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert {oct(path.stat().st_mode & 0o777) for path in there.values()} == {"0o600"}
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    assert {oct(path.stat().st_mode & 0o777) for path in folders} == {"0o700"}
    assert manifest.read((folder / "manifest.json").read_bytes(), "it") == found.manifest
    assert backup_store.find(release.connection, release.target, found.name) == found


def test_the_fingerprint_is_of_what_was_dumped(release: Release, client: Client, tmp_path: Path) -> None:
    everything(client)
    found = backup.make(release)
    (tmp_path / "now").mkdir()
    now = fingerprint.take(client, "shop", tmp_path / "now")
    kept = fingerprint.load(Path(found.folder))
    assert kept.collections == now.collections
    assert sum(one.count for one in kept.collections.values()) == found.manifest.documents


def test_an_empty_database_and_one_that_is_not_there(release: Release, client: Client) -> None:
    found = backup.make(release)
    assert (found.manifest.documents, found.manifest.consistent) == (0, True)
    client["shop"].create_collection("one")
    assert "dump/shop/one.bson" in backup.make(release).manifest.files


def test_other_databases_are_left_alone(release: Release, client: Client) -> None:
    client["shop"].things.insert_one({"a": 1})
    client["shopping"].things.insert_one({"b": 1})
    client["admin"].command("dbHash")
    before = {name: client[name].command("dbHash")["md5"] for name in ("shop", "shopping")}
    found = backup.make(release)
    assert {name: client[name].command("dbHash")["md5"] for name in before} == before
    assert not [path for path in found.manifest.files if "shopping" in path]


def test_every_kind_of_collection_and_index_is_restored_and_proved(release: Release, client: Client) -> None:
    everything(client)
    db = client["shop"]
    db.create_collection("strict", validator={"n": {"$type": "int"}}, validationAction="error")
    db.strict.insert_one({"n": "older than the rule"}, bypass_document_validation=True)
    joined = [{"$lookup": {"from": "people", "localField": "i", "foreignField": "age", "as": "of"}}]
    db.command("create", "joined", viewOn="log", pipeline=joined)
    db.command("create", "warm", viewOn="heat", pipeline=[{"$match": {"v": {"$gt": 5}}}])
    proved = proof.prove(release, backup.make(release))
    assert proved.proved, proved.differences


def test_users_and_roles_are_kept_on_request(release: Release, client: Client) -> None:
    client["shop"].things.insert_one({"a": 1})
    for name in ("shop", "other"):
        client[name].command("dropAllUsersFromDatabase")
        client[name].command("createUser", f"ada-{name}", pwd="x", roles=["readWrite"])
    client["shop"].command("dropAllRolesFromDatabase")
    client["shop"].command("createRole", "teller", privileges=[], roles=["read"])
    found = backup.make(release, users=True)
    folder = Path(found.folder, "dump", "shop")
    read = {
        kind: bson.decode_all((folder / f"%24admin.system.{kind}.bson").read_bytes())
        for kind in layout.ACCOUNTS
    }
    assert [one["user"] for one in read["users"]] == ["ada-shop"]
    assert [one["role"] for one in read["roles"]] == ["teller"]
    assert {one["_id"] for one in read["version"]} >= {"authSchema"}
    assert found.manifest.users
    assert not [path for path in backup.make(release).manifest.files if "admin" in path]


def test_what_is_written_meanwhile_is_said(release: Release, client: Client) -> None:
    client["shop"].things.insert_many([{"x": "y" * 1000} for _ in range(5000)])
    once = threading.Event()

    def write(_: int) -> None:
        if not once.is_set():
            once.set()
            client["shop"].things.insert_one({"late": True})

    found = backup.make(release, on_bytes=write)
    assert (found.manifest.consistent, found.manifest.consistency) == (False, manifest.INCONSISTENT)


def between(monkeypatch: pytest.MonkeyPatch, collection: str, what: Callable[[], None]) -> None:
    """Do something each time that a batch of a collection was read."""
    real = batches.read

    def reading(client: Client, database: str, name: str, session: Any = None) -> Iterator[bytes]:
        for batch in real(client, database, name, session):
            if name == collection:
                what()
            yield batch

    monkeypatch.setattr(batches, "read", reading)


def test_a_collection_dropped_or_made_meanwhile_breaks_nothing(
    release: Release, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = client["shop"]
    db.big.insert_many([{"x": os.urandom(100_000)} for _ in range(300)])
    db.small.insert_one({"a": 1})
    done: list[int] = []

    def change() -> None:
        if not done:
            done.append(1)
            db.big.drop()
            db.small.drop()
            db["new one"].insert_one({"b": 1})

    between(monkeypatch, "big", change)
    found = backup.make(release)
    assert done
    said = " ".join(found.manifest.notes)
    assert "big was dropped or renamed while it was read" in said
    assert "new one was made while the others were read, and is in the backup" in said
    assert not found.manifest.consistent
    assert Path(found.folder, "dump/shop/new+one.bson").stat().st_size > 0
