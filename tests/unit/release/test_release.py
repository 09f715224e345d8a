"""What a release asks, over a connection of this machine."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from gonogo.deploy.availability import health
from gonogo.deploy.availability.health import Reply
from gonogo.deploy.connection import Connection
from gonogo.deploy.errors import ConnectionFailed, Unknown
from gonogo.deploy.host.answers import Answer
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release import Record, Recorded
from gonogo.deploy.release.release import Release
from gonogo.deploy.target import Health, Target
from tests.unit.host.test_commits import Repository
from tests.unit.stacks import container, target

API, WEB = "http://127.0.0.1:8001/health", "http://127.0.0.1:3000/"
HEALTH = [{"url": API, "json": {"a": 1}}, {"url": WEB}, {"url": API}]


def made(connection: Connection, target: Target, *running: str) -> Release:
    release = Release(target, connection, Redactor())
    release.answers.known["host.containers.all"] = Answer([container(name) for name in running], None)
    return release


def test_every_endpoint_is_asked_once_and_at_the_same_time(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = threading.Barrier(2, timeout=10)
    asked: list[str] = []

    def answer(_: Connection, endpoint: Health) -> Reply:
        asked.append(endpoint.url)
        both.wait()
        return Reply(200, f"said by {endpoint.url}", 0.1)

    monkeypatch.setattr(health, "answer", answer)
    release = made(connection, target(health=HEALTH), "api")
    mark = release.transcript.mark()
    assert release.replies == {API: Reply(200, f"said by {API}", 0.1), WEB: Reply(200, "", 0.1)}
    assert sorted(asked) == [WEB, API]
    assert [one.command for one in release.evidence(mark)] == [f"GET {API}", f"GET {WEB}"]


def test_no_endpoint_is_asked_where_nothing_runs(connection: Connection) -> None:
    assert made(connection, target(health=HEALTH)).replies == {}
    assert made(connection, target(), "api").replies == {}


def test_a_connection_that_breaks_is_not_the_fault_of_the_stack(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(*_: object) -> Reply:
        raise ConnectionFailed("gone")

    monkeypatch.setattr(health, "answer", answer)
    with pytest.raises(Unknown, match="gone") as caught:
        _ = made(connection, target(health=HEALTH), "api").replies
    assert caught.value.check == ConnectionFailed.check


def test_what_ships(connection: Connection, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "shop")
    runs = repository.commit("one", a="1")
    head = repository.commit("two", a="2")
    here = target(tmp_path, source="shop", path=str(tmp_path))
    release = made(connection, here)
    assert release.git.commit == head
    assert release.releases.current is None
    assert release.shipping is None, "nothing is recorded"
    record = Record(version="v1", commit=runs, created="", project="shop")
    release.answers.known[release.releases.key("current")] = Answer(record, None)
    release.forget("shipping")
    assert release.shipping is not None
    assert (release.shipping.since, release.shipping.until) == (runs, head)


def test_a_damaged_record_is_told_by_its_own_check(connection: Connection) -> None:
    release = made(connection, target())
    release.answers.known[release.releases.key("recorded")] = Answer(
        Recorded("v1", damaged=("release.json",)), None
    )
    asked = ((release.releases, "current"), (release.releases, "baseline"), (release, "shipping"))
    for holder, name in asked:
        with pytest.raises(Unknown, match="the record of v1") as caught:
            getattr(holder, name)
        assert caught.value.check == "release.recorded"
