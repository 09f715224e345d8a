"""Fingerprints of everything that a MongoDB may hold, kept on a target, fetched, and found to be damaged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import gridfs
import pytest
from pymongo import MongoClient

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.fingerprint import batches, compare, fingerprint
from gonogo.deploy.mongodb.fingerprint.collection_fingerprint import CollectionPrint
from gonogo.deploy.mongodb.fingerprint.entries import ENTRIES
from gonogo.deploy.mongodb.server import login
from gonogo.deploy.mongodb.server.source import Namespace
from gonogo.deploy.release.release import Release
from tests.mongo import odd
from tests.mongo.ground import started
from tests.mongo.shop import Shop

Client = MongoClient[dict[str, Any]]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    with started(tmp_path_factory.mktemp("ground")) as ground, ground.release() as release:
        yield release


@pytest.fixture(scope="module")
def client(release: Release) -> Iterator[Client]:
    with login.opened(release) as client:
        yield client


@pytest.fixture
def shop(client: Client, tmp_path: Path, request: pytest.FixtureRequest) -> Shop:
    return Shop(client, tmp_path, f"t{abs(hash(request.node.name))}")


def test_every_type_of_an_id(shop: Shop) -> None:
    rows = [{"_id": one, "n": n} for n, one in enumerate(odd.IDS)]
    shop.db.messages.insert_many(rows)
    # An application may send the _id anywhere; a server that is asked to insert puts it first.
    shop.db.messages.insert_one({"n": -1, "_id": "last"})
    before = shop.fingerprint()
    assert fingerprint.load(before).collections["messages"].count == len(odd.IDS) + 1
    for number, one in enumerate(odd.IDS):
        assert shop.db.messages.delete_one({"n": number}).deleted_count == 1
        (lost,) = shop.lost(before)
        assert (lost.count, lost.what) == (1, "vanished"), one
        shop.db.messages.insert_one(rows[number])
    assert shop.lost(before) == []
    shop.db.messages.update_many({}, {"$set": {"x": 1}})
    (lost,) = shop.lost(before)
    assert (lost.what, lost.count) == ("changed", len(odd.IDS) + 1)


def test_numbers_of_another_type_are_another_id_to_nobody(shop: Shop) -> None:
    shop.db.users.insert_one({"_id": 1})
    before = shop.fingerprint()
    shop.db.users.delete_one({"_id": 1})
    shop.db.users.insert_one({"_id": 1.0})
    assert [one.what for one in shop.lost(before)] == ["vanished"]


def test_gridfs_and_the_largest_document(shop: Shop) -> None:
    shop.kinds = {"fs.chunks": "append-only", "fs.files": "append-only", "big": "append-only"}
    files = gridfs.GridFS(shop.db)
    files.put(b"x" * 1_000_000, _id="one")
    shop.db.big.insert_one({"_id": 1, "x": b"x" * (odd.LARGEST - 32)})
    before = shop.fingerprint()
    assert shop.lost(before) == []
    files.delete("one")
    assert {(one.collection, one.count) for one in shop.lost(before)} == {("fs.chunks", 4), ("fs.files", 1)}
    shop.db.big.update_one({"_id": 1}, {"$set": {"x": b"x" * (odd.LARGEST - 33)}})
    assert ("big", ("1",)) in {(one.collection, one.ids) for one in shop.lost(before)}


def test_odd_names(client: Client, tmp_path: Path) -> None:
    shop = Shop(client, tmp_path, odd.DATABASE)
    shop.folder, shop.kinds = tmp_path / "x", {}
    shop.folder.mkdir()
    for name in odd.COLLECTIONS:
        shop.db[name].insert_one({"_id": name})
    before = tmp_path / "before"
    before.mkdir()
    made = fingerprint.take(client, odd.DATABASE, before)
    assert set(made.collections) == set(odd.COLLECTIONS)
    assert shop.lost(before) == []
    for name in odd.COLLECTIONS:
        shop.db[name].delete_one({})
    assert {one.collection for one in shop.lost(before)} == set(odd.COLLECTIONS)


def test_nothing_at_all(shop: Shop) -> None:
    before = shop.fingerprint()
    assert fingerprint.load(before).collections == {} and shop.lost(before) == []
    shop.db.create_collection("empty")
    shop.db.create_collection("system.js")
    after = shop.fingerprint()
    assert fingerprint.load(after).collections["empty"].count == 0 and shop.lost(after) == []
    shop.db.empty.insert_one({})
    assert shop.lost(after) == []
    shop.db.empty.drop()
    assert shop.told(after) == ["empty (mutable): the collection is gone"]


def test_a_copy_is_compared_exactly(shop: Shop) -> None:
    shop.fill(200)
    shop.db.create_collection("log", capped=True, size=4096)
    shop.db.log.insert_one({"_id": 1})
    shop.db.create_collection("view", viewOn="users", pipeline=[{"$match": {"n": 1}}])
    shop.db.create_collection("weather", timeseries={"timeField": "at"})
    shop.db.weather.insert_many([{"at": odd.NOW, "n": n} for n in range(10)])
    before, same = shop.fingerprint(), shop.fingerprint()
    assert compare.between(before, same) == []
    shop.db.users.update_one({"n": 7}, {"$set": {"text": "other"}})
    shop.db.users.insert_one({"_id": "new"})
    shop.db.messages.delete_one({"n": 9})
    shop.db.cache.drop()
    shop.db.extra.insert_one({})
    shop.db.users.create_index([("x", 1)], name="x")
    shop.db.command("collMod", "view", viewOn="users", pipeline=[])
    shop.db.log.insert_one({"_id": 2})
    shop.db.weather.insert_one({"at": odd.NOW})
    after = shop.fingerprint()
    found = {(one.collection, one.what, one.count) for one in compare.between(before, after)}
    assert found == {
        *(("users", "changed", 1), ("users", "new", 1), ("users", "index added", 0)),
        *(("messages", "vanished", 1), ("cache", "collection dropped", 0), ("extra", "new", 0)),
        *(("view", "options changed", 0), ("log", "new", 1), ("weather", "changed", 1)),
    }
    loose = compare.between(before, after, exact=False, kinds=shop.settings)
    assert [(one.collection, one.what) for one in loose] == [("messages", "vanished")]
    assert len(compare.between(after, before)) == len(found)


def test_it_is_kept_on_the_target_and_fetched(shop: Shop, release: Release) -> None:
    shop.fill(500)
    before = shop.fingerprint()
    there = PurePosixPath(shop.folder) / "a folder" / "kept's"
    for _ in range(2):
        fingerprint.keep(release.connection, before, there)
    place = Path(there)
    modes = {one.name: one.stat().st_mode & 0o777 for one in place.iterdir()}
    assert modes == {"fingerprint.json": 0o600, ENTRIES: 0o600} and place.stat().st_mode & 0o777 == 0o700
    assert [one.name for one in place.parent.iterdir()] == [place.name]
    back = shop.folder / "back"
    back.mkdir()
    assert fingerprint.fetch(release.connection, there, back) == fingerprint.load(before)
    shop.db.users.delete_one({"n": 1})
    assert [one.count for one in shop.lost(back)] == [1]


@pytest.mark.parametrize("name", ["fingerprint.json", ENTRIES])
def test_one_that_is_damaged(shop: Shop, release: Release, name: str) -> None:
    shop.fill(50)
    before = shop.fingerprint()
    shop.db.users.insert_one({})
    shop.db.messages.insert_one({})
    whole = (before / name).read_bytes()
    for torn in (b"", whole[: len(whole) // 2], whole[:-2], b"x" + whole[1:]):
        (before / name).write_bytes(torn)
        with pytest.raises(GonogoError, match="fingerprint"):
            shop.lost(before)
        with pytest.raises(GonogoError, match="fingerprint"):
            fingerprint.fetch(release.connection, PurePosixPath(before), shop.folder)
    (before / name).unlink()
    with pytest.raises(GonogoError, match="fingerprint"):
        shop.lost(before)
    with pytest.raises(GonogoError, match=r"the fingerprint in .* is not there"):
        fingerprint.fetch(release.connection, PurePosixPath(before), shop.folder)


def test_a_collection_that_goes_while_it_is_read(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.fill(10)
    before = shop.fingerprint()
    shop.db.messages.insert_one({})
    real = batches.read

    def dropping(client: Client, database: str, collection: str) -> Iterator[bytes]:
        if collection == "messages":
            shop.db.messages.drop()
            raise_after = shop.db.command("find", "users", batchSize=1)
            client[database].command("killCursors", "users", cursors=[raise_after["cursor"]["id"]])
            client[database].command("getMore", raise_after["cursor"]["id"], collection="users")
        yield from real(client, database, collection)

    monkeypatch.setattr(batches, "read", dropping)
    assert shop.told(before) == ["messages (append-only): the collection is gone with its 10 documents"]


def test_what_is_lost_before_the_hash_is_asked(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many documents come as go, between the reading of a collection and its ``dbHash``."""
    shop.fill(100)
    given = fingerprint.read

    def then_lost(client: Client, database: str, namespace: Namespace, *rest: Any) -> CollectionPrint | None:
        found = given(client, database, namespace, *rest)
        if namespace.name == "messages":
            gone = [one["_id"] for one in shop.db.messages.find(limit=10)]
            shop.db.messages.delete_many({"_id": {"$in": gone}})
            shop.db.messages.insert_many([{"n": n} for n in range(10)])
        return found

    monkeypatch.setattr(fingerprint, "read", then_lost)
    before = shop.fingerprint()
    monkeypatch.undo()
    assert set(fingerprint.load(before).db_hashes) == {"users", "cache"}
    (lost,) = shop.lost(before)
    assert (lost.collection, lost.what, lost.count) == ("messages", "vanished", 10)
