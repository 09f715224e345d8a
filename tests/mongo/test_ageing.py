"""What MongoDB itself removes of a collection, by TTL or as it is capped, and what else vanished of it."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from gonogo.deploy.mongodb.fingerprint import compare
from gonogo.deploy.mongodb.server import login
from tests.mongo import odd
from tests.mongo.ground import started
from tests.mongo.shop import Shop

Client = MongoClient[dict[str, Any]]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("ground")
    with started(folder) as ground, ground.release() as release, login.opened(release) as client:
        yield client


@pytest.fixture
def shop(client: Client, tmp_path: Path, request: pytest.FixtureRequest) -> Shop:
    return Shop(client, tmp_path, f"t{abs(hash(request.node.name))}")


def test_a_capped_collection_forgets_its_oldest(shop: Shop) -> None:
    shop.kinds = {"log": "append-only"}
    shop.db.create_collection("log", capped=True, size=100_000, max=50)
    shop.db.log.insert_many([{"n": n} for n in range(40)])
    before = shop.fingerprint()
    shop.db.log.insert_many([{"n": n} for n in range(40, 75)])
    assert shop.lost(before) == []
    shop.db.log.insert_many([{"n": n} for n in range(75, 200)])
    assert shop.lost(before) == []
    later = shop.fingerprint()
    shop.db.log.delete_one({"n": 180})
    (lost,) = shop.lost(later)
    assert (lost.what, lost.count) == ("vanished", 1)
    shop.db.log.insert_many([{"n": n} for n in range(200, 210)])
    (lost,) = shop.lost(later)
    assert (lost.what, lost.count) == ("vanished", 1)
    shop.db.log.delete_many({})
    shop.db.log.insert_one({"n": 300})
    assert [(one.what, one.count) for one in shop.lost(later)] == [("vanished", 50)]


def test_documents_whose_time_is_over(shop: Shop) -> None:
    shop.db.sessions.create_index([("seen.at", 1)], expireAfterSeconds=3600)
    now = datetime.datetime.now(datetime.UTC)
    old, long_ago = now - datetime.timedelta(hours=2), datetime.datetime(1, 1, 1)
    dates = [old, [now, old], long_ago, now, "never", None]
    # What is due for removal is removed by MongoDB once a minute: this is quicker.
    shop.db.sessions.insert_many([{"_id": n, "seen": {"at": at}} for n, at in enumerate(dates)])
    before = shop.fingerprint()
    shop.db.sessions.delete_many({"_id": {"$in": [0, 1, 2]}})
    assert shop.lost(before) == []
    shop.db.sessions.delete_many({})
    found = {one.what: sorted(one.ids) for one in shop.lost(before)}
    assert found == {"vanished": ["4", "5"], "early": ["3"]}


def test_a_date_that_is_set_into_the_past_is_no_loss(shop: Shop) -> None:
    shop.db.sessions.create_index("at", expireAfterSeconds=3600)
    soon = datetime.datetime.now(datetime.UTC)
    shop.db.sessions.insert_many([{"_id": n, "at": soon} for n in range(5)])
    before, admin = shop.fingerprint(), shop.client.admin
    admin.command("setParameter", ttlMonitorSleepSecs=1)
    try:
        shop.db.sessions.update_many({"_id": {"$lt": 2}}, {"$set": {"at": soon - datetime.timedelta(days=1)}})
        while shop.db.sessions.count_documents({}) > 3:
            time.sleep(0.1)
    finally:
        admin.command("setParameter", ttlMonitorSleepSecs=60)
    found = compare.compared(before, shop.client, shop.name, shop.settings)
    assert found.differences == []
    assert "sessions (mutable): 2 documents vanished before their time was over: 0, 1; no loss" in str(
        found.looked
    )
    # Nobody's TTL removed these.
    shop.db.sessions.delete_many({})
    (lost,) = shop.lost(before)
    assert lost.told.startswith("sessions (mutable): 5 documents vanished before their time was over: ")


def test_a_ttl_index_with_a_filter(shop: Shop) -> None:
    done = {"partialFilterExpression": {"done": True}}
    shop.db.jobs.create_index("at", expireAfterSeconds=0, **done)
    past = datetime.datetime(2020, 1, 1)
    shop.db.jobs.insert_many([{"_id": n, "at": past, "done": n < 2} for n in range(4)])
    before = shop.fingerprint()
    shop.db.jobs.delete_many({"done": True})
    assert shop.lost(before) == []
    shop.db.jobs.delete_many({})
    (lost,) = shop.lost(before)
    assert (lost.what, sorted(lost.ids)) == ("vanished", ["2", "3"])


def test_a_capped_collection_that_was_made_anew(shop: Shop) -> None:
    shop.db.create_collection("log", capped=True, size=100_000, max=50)
    shop.db.log.insert_many([{"n": n} for n in range(50)])
    before = shop.fingerprint()
    shop.db.log.drop()
    shop.db.create_collection("log", capped=True, size=100_000, max=50)
    shop.db.log.insert_many([{"n": n} for n in range(50)])
    (lost,) = shop.lost(before)
    assert (lost.what, lost.count) == ("vanished", 50)


def test_a_time_series_that_grows(shop: Shop) -> None:
    shop.kinds = {"weather": "append-only"}
    series = {"timeField": "at", "metaField": "place"}
    shop.db.create_collection("weather", timeseries=series)
    rows = [{"at": odd.NOW, "place": n % 5, "n": n} for n in range(100)]
    shop.db.weather.insert_many(rows)
    before = shop.fingerprint()
    shop.db.weather.insert_many([{"at": odd.NOW, "place": n, "n": n} for n in range(8)])
    assert shop.lost(before) == []
    shop.db.command("collMod", "weather", timeseries={"granularity": "minutes"})
    assert shop.lost(before) == []
    shop.db.weather.delete_many({"place": 3})
    (lost,) = shop.lost(before)
    assert (lost.collection, lost.what, lost.count) == ("weather", "vanished", 1)
    shop.db.weather.drop()
    assert shop.told(before) == ["weather (append-only): the time series is gone"]
