"""Every loss is found and named while others write, and nothing that is legitimate is called one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId, json_util
from pymongo import MongoClient

from gonogo.deploy.mongodb.fingerprint import batches, compare, fingerprint
from gonogo.deploy.mongodb.server import login
from tests.mongo.ground import started
from tests.mongo.shop import Shop

Client = MongoClient[dict[str, Any]]
MANY = 100_000
RUNS = 50


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("ground")
    with started(folder) as ground, ground.release() as release, login.opened(release) as client:
        yield client


@pytest.fixture(scope="module")
def large(client: Client, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = Shop(client, tmp_path_factory.mktemp("large"), "large")
    shop.fill(MANY)
    return shop


@pytest.fixture
def shop(client: Client, tmp_path: Path, request: pytest.FixtureRequest) -> Shop:
    made = Shop(client, tmp_path, f"t{abs(hash(request.node.name))}")
    made.fill(100)
    return made


def shown(one: Any) -> str:
    return json_util.dumps(one, json_options=json_util.RELAXED_JSON_OPTIONS)


@pytest.mark.parametrize("collection", ["messages", "users"])
def test_one_document_of_many(large: Shop, collection: str) -> None:
    with large.writes() as writer:
        before = large.fingerprint()
        victim = large.db[collection].find_one({"n": MANY // 2})
        large.db[collection].delete_one({"_id": victim["_id"]})
        (lost,) = large.lost(before)
    large.db[collection].insert_one(victim)
    assert (lost.collection, lost.what, lost.count) == (collection, "vanished", 1)
    assert lost.ids == (shown(victim["_id"]),)
    assert lost.told == f"{collection} ({lost.kind}): 1 document vanished: {shown(victim['_id'])}"
    assert writer.done > 20


def test_one_byte_of_one_document(large: Shop) -> None:
    with large.writes():
        before = large.fingerprint()
        victim = large.db.messages.find_one({"n": MANY // 3})
        large.db.messages.update_one({"_id": victim["_id"]}, {"$set": {"text": victim["text"][:-1] + "?"}})
        (lost,) = large.lost(before)
    assert (lost.collection, lost.what, lost.ids) == ("messages", "changed", (shown(victim["_id"]),))
    assert "?" not in lost.told and victim["text"] not in lost.told


def lose_index(shop: Shop) -> None:
    shop.db.users.drop_index("by_n")


def lose_all_documents(shop: Shop) -> None:
    shop.db.users.delete_many({"n": {"$gte": 0}})


def lose_options(shop: Shop) -> None:
    shop.db.capped.drop()
    shop.db.create_collection("capped")


def lose_view(shop: Shop) -> None:
    shop.db.drop_collection("view")


def lose_volatile_index(shop: Shop) -> None:
    shop.db.cache.drop_index("by_time")


@pytest.mark.parametrize(
    ("lose", "told"),
    [
        (lose_index, "users (mutable): the index by_n was dropped"),
        (lose_options, "capped (mutable): its options changed: capped, size"),
        (lose_view, "view (mutable): the view is gone"),
        (lose_volatile_index, "cache (volatile): the index by_time was dropped"),
    ],
)
def test_a_structure_that_is_lost(shop: Shop, lose: Callable[[Shop], None], told: str) -> None:
    shop.db.create_collection("capped", capped=True, size=4096)
    shop.db.create_collection("view", viewOn="users", pipeline=[])
    shop.db.cache.create_index([("time", 1)], name="by_time")
    with shop.writes():
        before = shop.fingerprint()
        lose(shop)
        found = shop.told(before)
    assert len(found) == 1 and found[0].startswith(told)


def test_a_collection_that_is_lost(shop: Shop) -> None:
    with shop.writes():
        before = shop.fingerprint()
        count = fingerprint.load(before).collections["messages"].count
        shop.db.messages.drop()
        # An application that goes on writing makes it anew, with none of what it held.
        (lost,) = shop.lost(before)
    assert lost.told.startswith(f"messages (append-only): {count} documents vanished: ") or lost.told == (
        f"messages (append-only): the collection is gone with its {count} documents"
    )


def test_all_documents_of_a_collection(shop: Shop) -> None:
    with shop.writes():
        before = shop.fingerprint()
        lose_all_documents(shop)
        (lost,) = shop.lost(before)
    assert lost.what == "vanished" and lost.count == 100 and len(lost.ids) == 5
    assert lost.told.endswith(" and 95 more")


def test_another_volume(shop: Shop, tmp_path: Path) -> None:
    before = shop.fingerprint()
    with started(tmp_path) as other, other.release() as release, login.opened(release) as empty:
        empty[shop.name].messages.insert_one({"n": 1})
        there = Shop(empty, tmp_path, shop.name)
        with there.writes():
            found = there.lost(before)
    said = {(one.collection, one.what, one.count) for one in found}
    assert said >= {("messages", "vanished", 100)}
    assert ("users", "collection dropped", 0) in said or ("users", "vanished", 100) in said, found


def test_an_older_state_that_was_put_back(shop: Shop) -> None:
    old = list(shop.db.messages.find())
    shop.db.messages.update_one({"_id": old[0]["_id"]}, {"$set": {"text": "corrected"}})
    (new,) = shop.db.messages.insert_many([{"n": "later"}]).inserted_ids
    with shop.writes():
        before = shop.fingerprint()
        shop.db.messages.delete_many({"_id": {"$in": [*(one["_id"] for one in old), new]}})
        shop.db.messages.insert_many(old)
        found = {one.what: one for one in shop.lost(before)}
    assert found["vanished"].ids == (shown(new),)
    assert found["changed"].ids == (shown(old[0]["_id"]),)


def test_no_false_alarm(shop: Shop) -> None:
    """What was written between and during two readings is legitimate; in some runs nothing is."""
    alarms = []
    for run in range(RUNS):
        if run % 10 == 9:
            before = shop.fingerprint()
            alarms += shop.told(before)
            continue
        with shop.writes(500):
            before = shop.fingerprint()
            time.sleep(0.01)
            if run % 10 == 0:
                shop.db[f"new{run}"].insert_one({})
                shop.db[f"new{run}"].create_index([("x", 1)])
            alarms += shop.told(before)
    assert alarms == []


@pytest.mark.parametrize("back", [True, False])
def test_a_document_that_is_away_while_it_is_read(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, back: bool
) -> None:
    """A cursor misses what is removed before it comes, and put back when it has passed."""
    before, row, real = shop.fingerprint(), shop.db.users.find_one({"n": 5}), batches.read

    def away(client: Client, database: str, collection: str) -> Iterator[bytes]:
        if collection == "users":
            shop.db.users.delete_one({"_id": row["_id"]})
        yield from real(client, database, collection)
        if collection == "users" and back:
            shop.db.users.insert_one(row)

    shop.db.users.insert_one({})
    monkeypatch.setattr(batches, "read", away)
    assert [one.ids for one in shop.lost(before)] == ([] if back else [(shown(row["_id"]),)])


def test_a_dropped_collection_is_none_when_it_is_volatile(shop: Shop) -> None:
    before = shop.fingerprint()
    shop.db.cache.drop()
    shop.db.users.rename("people")
    (lost,) = shop.lost(before)
    assert lost.told == "users (mutable): the collection is gone with its 100 documents"


def test_what_a_release_may_do(shop: Shop) -> None:
    shop.db.create_collection("view", viewOn="users", pipeline=[])
    shop.db.users.create_index([("text", 1)], expireAfterSeconds=10_000, name="ttl")
    before = shop.fingerprint()
    shop.db.command("collMod", "users", validator={"n": {"$exists": True}})
    shop.db.command("collMod", "users", index={"name": "ttl", "expireAfterSeconds": 20_000})
    shop.db.command("collMod", "users", index={"name": "by_n", "hidden": True})
    shop.db.command("collMod", "view", viewOn="users", pipeline=[{"$match": {"n": 1}}])
    shop.db.users.drop_index("by_n")
    shop.db.users.create_index([("n", 1)], name="renamed")
    shop.db.users.update_many({}, {"$set": {"migrated": True}})
    assert shop.told(before) == []
    shop.db.users.drop_index("renamed")
    shop.db.users.create_index([("n", -1)], name="by_n")
    assert shop.told(before) == ["users (mutable): the index by_n is another one"]


def test_more_of_a_mutable_collection_changed_than_is_allowed(shop: Shop) -> None:
    before = shop.fingerprint()
    shop.db.users.update_many({"n": {"$lt": 6}}, {"$set": {"text": ""}})
    assert shop.told(before) == []
    for bound, told in ((0.06, []), (0.05, ["users (mutable): 6 of 100 documents changed"])):
        settings = shop.settings.model_copy(update={"changed_at_most": bound})
        found = compare.differences(before, shop.client, shop.name, settings)
        assert [one.told.partition(",")[0] for one in found] == told


def test_a_comparison_reads_only_what_was_written_to(shop: Shop) -> None:
    before = shop.fingerprint()
    read: list[int] = []
    found = compare.compared(before, shop.client, shop.name, shop.settings, read.append)
    assert not read and found.documents == 0 and found.differences == []
    shop.db.messages.insert_one({"_id": ObjectId()})
    found = compare.compared(before, shop.client, shop.name, shop.settings, read.append)
    assert sum(read) < 101 * 100 and found.documents == 101
    assert "users (mutable): 100 documents, dbHash as before" in found.looked
    assert "cache (volatile): documents not judged" in found.looked
