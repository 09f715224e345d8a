"""Samples in target files, what is asked of MongoDB for them, and what verify says of data and samples."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Any

import pytest
from bson import ObjectId
from pymongo.errors import OperationFailure

from gonogo.checks.plugin.expect import CheckFailed, Expect
from gonogo.checks.verify import test_data as data
from gonogo.deploy.errors import GonogoError, UsageError
from gonogo.deploy.mongodb import sample
from gonogo.deploy.mongodb.fingerprint import compare, fingerprint
from gonogo.deploy.mongodb.fingerprint.compare import Compared
from gonogo.deploy.mongodb.fingerprint.difference import structural
from gonogo.deploy.release.records import Baseline
from gonogo.deploy.ssh.transcript import Transcript
from gonogo.deploy.target import extended_json
from gonogo.deploy.target.sections.data import Sample
from gonogo.deploy.target.target import Target
from tests.unit.stacks import target
from tests.unit.tables import every

ANNA = {"collection": "sessions", "filter": {"user": "anna"}, "count": 14}


def given(*samples: dict[str, Any]) -> Target:
    return target(mongodb={"service": "db", "database": "shop", "samples": list(samples)})


def test_extended_json_is_read() -> None:
    found = extended_json.read(
        {
            "_id": {"$oid": "652f1f77bcf86cd799439011"},
            "at": {"$gt": {"$date": "2026-01-02T00:00:00Z"}},
            "since": datetime.datetime(2026, 1, 2),
            "in": {"$in": [1, {"$numberLong": "5"}]},
        }
    )
    assert found["_id"] == ObjectId("652f1f77bcf86cd799439011")
    assert found["at"]["$gt"] == found["since"] == datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
    assert found["in"] == {"$in": [1, 5]}


@every(
    "wrong",
    [
        {"collection": "a"},
        {"collection": "", "filter": {}},
        {"collection": "a", "filter": {"_id": {"$oid": "short"}}},
        {"collection": "a", "filter": {"at": datetime.date(2026, 1, 2)}},
        {"collection": "a", "filter": {}, "expect": {"n": 1 << 70}},
        {"collection": "a", "filter": {}, "count": 0},
        {"collection": "a", "filter": {}, "fields": {}},
    ],
)
def test_samples_that_are_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"mongodb\.samples"):
        given(wrong)


class Server:
    """Answers count_documents by the field that is asked for; what else is asked is an error."""

    def __init__(self, count: int, equal: dict[str, int] | None = None, error: int = 0) -> None:
        self.count, self.equal, self.error = count, equal or {}, error
        self.asked: list[Any] = []

    def __getitem__(self, _: str) -> Any:
        return self

    def count_documents(self, query: dict[str, Any], **_: Any) -> int:
        self.asked.append(query)
        if self.error:
            raise OperationFailure("secret value", self.error, {"codeName": "BadValue"})
        return self.equal[next(iter(query["$and"][1]))] if "$and" in query else self.count


def looked(server: Server, **changed: Any) -> sample.Looked:
    client: Any = server
    (one,) = sample.look(client, "shop", [Sample(**{**ANNA, **changed})])
    return one


def test_a_sample_that_is_there() -> None:
    found = looked(Server(15, {"active": 15, "a.b": 15}), expect={"active": True, "a.b": 5})
    assert found.ok and found.count == 15
    assert found.told == 'sessions {"user": "anna"}: 15 documents, active as expected, a.b as expected'


@pytest.mark.parametrize(
    ("server", "expected", "told"),
    [
        (Server(13), {}, "13 documents, expected at least 14"),
        (Server(0), {"a": 1}, "0 documents, expected at least 14"),
        (Server(14, {"a": 12}), {"a": 1}, "a is not as expected in 2 of 14 documents"),
    ],
)
def test_a_sample_that_is_not(server: Server, expected: dict[str, Any], told: str) -> None:
    found = looked(server, expect=expected)
    assert not found.ok and found.told == f'sessions {{"user": "anna"}}: {told}'


def test_values_are_compared_by_the_server() -> None:
    server = Server(1, {"a": 1})
    assert looked(server, expect={"a": {"$numberLong": "5"}}, count=1).ok
    assert server.asked == [{"user": "anna"}, {"$and": [{"user": "anna"}, {"a": {"$eq": 5}}]}]


@pytest.mark.parametrize(("code", "told"), [(2, "no query that MongoDB knows"), (50, "make an index")])
def test_a_query_that_is_refused(code: int, told: str) -> None:
    with pytest.raises(GonogoError, match=told) as refused:
        looked(Server(1, error=code))
    assert "secret" not in str(refused.value)
    with pytest.raises(OperationFailure):
        looked(Server(1, error=13))


def test_before_and_after() -> None:
    many, few, none = looked(Server(20)), looked(Server(15)), looked(Server(3))
    assert sample.fallen([20, 15], [many, many]) == []
    assert sample.fallen([20], [few]) == ['sessions {"user": "anna"}: 15 documents, 20 before']
    assert sample.fallen([15], [none]) == [none.told]
    assert sample.fallen([], [few]) == []


@pytest.fixture
def release() -> Any:
    """A release with a transcript, and a database whose client is ``client``."""
    made = SimpleNamespace(connection=SimpleNamespace(transcript=Transcript()), client=None)

    @contextlib.contextmanager
    def opened(release: Any, *_: Any) -> Iterator[Any]:
        yield release.client

    database = SimpleNamespace(opened=lambda: opened(made))
    made.host = SimpleNamespace(mongodb=lambda _: database)
    return made


def of(release: Any, baseline: Baseline | None) -> Any:
    release.baseline = baseline
    return release


def said(check: Any, *arguments: Any) -> str:
    expect = Expect()
    try:
        check(arguments[-1].host, *arguments, expect)
    except pytest.skip.Exception as skipped:
        return str(skipped)
    failed = expect.outcome(None)
    if isinstance(failed, CheckFailed):
        return failed.finding("error").found
    return f"passed: {expect.held.found}"


def test_data_is_compared_only_where_there_is_what_to_compare_with(release: Any) -> None:
    none, shop = target(), given()
    assert said(data.test_data_intact, none, of(release, None)).endswith("names no MongoDB")
    assert said(data.test_data_intact, shop, of(release, None)) == "this run has no baseline to compare with"
    told = said(data.test_data_intact, shop, of(release, Baseline(taken="")))
    assert told.startswith("no fingerprint was taken")
    assert said(data.test_data_sample, none, of(release, None)).endswith("names no MongoDB")
    assert said(data.test_data_sample, shop, of(release, None)).endswith("add [[mongodb.samples]]")


def test_data_that_is_intact_and_data_that_is_not(release: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[tuple[PurePosixPath, Path]] = []
    monkeypatch.setattr(fingerprint, "fetch", lambda _, there, here: fetched.append((there, here)))
    found = Compared([], ["users (mutable): 5 documents, dbHash as before"], 40)
    monkeypatch.setattr(compare, "compared", lambda *_, **__: found)
    baseline = Baseline(taken="", fingerprint="/srv/shop/.deploy/f")
    told = said(data.test_data_intact, given(), of(release, baseline))
    assert told == "passed: 1 collections as they were, 40 documents compared one by one"
    ((there, here),) = fetched
    assert there == PurePosixPath("/srv/shop/.deploy/f") and not here.exists()
    found.differences += [structural(f"c{n}", "mutable", "x", "the collection is gone") for n in range(30)]
    told = said(data.test_data_intact, given(), of(release, baseline))
    assert told.startswith("c0 (mutable): the collection is gone; c1 ")
    assert told.endswith("c19 (mutable): the collection is gone; and 10 more losses")
    good, bad = release.connection.transcript.entries
    assert good.command == "mongodb shop: compare it with /srv/shop/.deploy/f"
    assert good.output.endswith("5 documents, dbHash as before") and "c29 (mutable)" in bad.output


def test_samples_that_verify_looks_for(release: Any) -> None:
    release.client = Server(14)
    assert said(data.test_data_sample, given(ANNA), of(release, None)).endswith('"anna"}: 14 documents')
    was = of(release, Baseline(taken="", samples=[20]))
    assert said(data.test_data_sample, given(ANNA), was).endswith("14 documents, 20 before")
    release.client = Server(13)
    assert said(data.test_data_sample, given(ANNA), of(release, None)).endswith(
        "13 documents, expected at least 14"
    )
    assert [one.exit_status for one in release.connection.transcript.entries] == [0, 0, 0]


def test_checks_of_data_cannot_be_waived() -> None:
    for check in (data.test_data_counts, data.test_data_intact, data.test_data_sample):
        (marker,) = [mark for mark in check.pytestmark if mark.name == "check"]  # type: ignore[attr-defined]
        assert marker.kwargs["data"] is True
