"""What verify says of data: a user with 14 sessions, a baseline on the target, and a loss after it."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from bson import ObjectId

from gonogo.deploy.mongodb import sample
from gonogo.deploy.mongodb.fingerprint import fingerprint
from gonogo.deploy.mongodb.server import login
from gonogo.deploy.release import records
from gonogo.deploy.release.records import Baseline, Record
from gonogo.deploy.release.release import Release
from gonogo.reports.model import CheckResult
from tests import harness
from tests.mongo.ground import Ground, started
from tests.mongo.shop import Shop

CHECKS = ("data.counts", "data.intact", "data.sample")
USER = ObjectId("652f1f77bcf86cd799439011")
SECRET = "what the user wrote"
# Due in the middle of the test: MongoDB's own removal, once a minute, is not waited for.
UNTIL = [datetime.datetime(2999, 1, 1), datetime.datetime(2020, 1, 1), datetime.datetime(2020, 1, 1)]
MONGODB = {
    "service": "mongodb",
    "database": "shop",
    "collections": {"messages": "append-only", "cache": "volatile"},
    "samples": [
        {"collection": "sessions", "filter": {"user": {"$oid": str(USER)}}, "count": 14},
        {
            "collection": "users",
            "filter": {"_id": {"$oid": str(USER)}},
            "expect": {"role.name": "admin", "n": 1},
        },
    ],
}


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with started(tmp_path_factory.mktemp("ground"), tables={"mongodb": MONGODB}) as ground:
        yield ground


@pytest.fixture
def release(ground: Ground, tmp_path: Path) -> Iterator[Release]:
    """The release on a target with a baseline that was taken of 14 sessions and some messages."""
    with ground.release() as release, login.opened(release) as client:
        client.drop_database("shop")
        client.shop.users.insert_one({"_id": USER, "role": {"name": "admin"}, "n": 1, "text": SECRET})
        client.shop.sessions.insert_many([{"user": USER, "n": n, "text": SECRET} for n in range(14)])
        client.shop.messages.insert_many([{"_id": n, "text": SECRET} for n in range(36)])
        client.shop.codes.create_index("until", expireAfterSeconds=0)
        client.shop.codes.insert_many([{"_id": n, "until": until} for n, until in enumerate(UNTIL)])
        made = fingerprint.take(client, "shop", tmp_path)
        there = records.folder(release.target, "v1") / "fingerprint"
        fingerprint.keep(release.connection, tmp_path, there)
        counts = {name: one.count for name, one in made.collections.items()}
        record = Record(version="v1", created="", project=ground.project)
        baseline = Baseline(taken=made.taken, counts=counts, fingerprint=str(there))
        records.save(release.connection, release.target, "v1", records.RECORD, record)
        records.save(release.connection, release.target, "v1", records.BASELINE, baseline)
        records.make_current(release.connection, release.target, "v1")
        yield release


def verified(release: Release) -> dict[str, CheckResult]:
    found = harness.over(release.connection, release.target, suite="verify", only=CHECKS)
    assert all(SECRET not in one.model_dump_json() for one in found.values())
    return found


def test_all_is_well_while_others_write(release: Release, tmp_path: Path) -> None:
    with login.opened(release) as client, Shop(client, tmp_path, "shop").writes():
        found = verified(release)
    assert {name: one.status for name, one in found.items()} == dict.fromkeys(CHECKS, "passed")
    evidence = {name: one.evidence[-1].output for name, one in found.items()}
    assert "messages (append-only): 36 documents before, " in evidence["data.intact"]
    assert evidence["data.sample"].splitlines() == [
        f'sessions {{"user": {{"$oid": "{USER}"}}}}: 14 documents',
        f'users {{"_id": {{"$oid": "{USER}"}}}}: 1 document, role.name as expected, n as expected',
    ]


def test_a_loss_that_counts_do_not_show(release: Release) -> None:
    with login.opened(release) as client:
        client.shop.messages.delete_one({"_id": 17})
        client.shop.messages.insert_one({"_id": 99})
    found = verified(release)
    assert found["data.counts"].status == "passed"
    assert found["data.intact"].status == "failed"
    assert "messages (append-only): 1 document vanished: 17" in found["data.intact"].message


def test_documents_that_mongodb_removed_by_their_time(release: Release) -> None:
    with login.opened(release) as client:
        client.shop.codes.delete_many({"_id": {"$ne": 0}})
    found = verified(release)
    assert {name: one.status for name, one in found.items()} == dict.fromkeys(CHECKS, "passed")
    assert "codes (mutable) had 3 documents and has 1, which MongoDB removes" in found["data.counts"].found
    with login.opened(release) as client:
        client.shop.codes.delete_many({})
    found = verified(release)
    assert found["data.counts"].status == "passed"
    assert found["data.intact"].status == "failed"
    assert "codes (mutable): 1 document vanished before its time was over: 0" in found["data.intact"].message


def test_documents_that_vanished_early_where_nobody_counted(release: Release) -> None:
    """The server was started anew, or the login may not ask it: it is not known, and so not passed."""
    there = records.folder(release.target, "v1") / "fingerprint" / "fingerprint.json"
    file = Path(str(there))
    file.write_text(json.dumps({**json.loads(file.read_text()), "removals": None}))
    with login.opened(release) as client:
        client.shop.codes.delete_many({})
    found = verified(release)["data.intact"]
    assert (found.status, "1 document vanished before its time was over: 0" in found.message) == (
        "warning",
        True,
    )
    with login.opened(release) as client:
        client.shop.codes.drop()
        client.shop.codes.create_index("until", expireAfterSeconds=0)
    found = verified(release)["data.intact"]
    assert (found.status, "codes (mutable): 3 documents vanished" in found.message) == ("failed", True)


def test_a_user_whose_sessions_are_gone(release: Release) -> None:
    with login.opened(release) as client:
        before = [one.count for one in sample.look(client, "shop", release.target.mongodb.samples)]
        client.shop.sessions.delete_one({"n": 3})
        client.shop.users.update_one({"_id": USER}, {"$set": {"role.name": "guest"}})
        fallen = sample.fallen(before, sample.look(client, "shop", release.target.mongodb.samples))
    found = verified(release)
    assert {name: one.status for name, one in found.items()} == dict.fromkeys(CHECKS, "failed")
    said = found["data.sample"].message
    assert "13 documents, expected at least 14" in said and "role.name is not as expected" in said
    assert "guest" not in said and len(fallen) == 2


def test_a_baseline_that_is_gone(release: Release) -> None:
    there = records.folder(release.target, "v1") / "fingerprint"
    release.connection.check(f"rm -- '{there}/entries.tar.gz'", mutates=True)
    found = verified(release)["data.intact"]
    assert found.status in ("failed", "blocked")
    assert f"the fingerprint in {there} is not there" in found.message


def test_a_target_file_that_names_another_database(release: Release) -> None:
    def judged() -> CheckResult:
        found = harness.over(release.connection, release.target, suite="preflight", only=["mongodb.database"])
        return found["mongodb.database"]

    assert judged().status == "passed"
    with login.opened(release) as client:
        client.drop_database("shop")
        assert judged().status == "passed"
        client["boutique"].users.insert_one({"_id": USER})
        try:
            found = judged()
        finally:
            client.drop_database("boutique")
    assert (found.status, "shop has 0 collections, and " in found.message) == ("failed", True)
    assert found.message.endswith(
        " has boutique; expected the application's database, or a server without any"
    )
