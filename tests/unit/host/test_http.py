"""What URLs answer to a host: health endpoints, each asked once and side by side."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from gonogo.deploy.availability import health
from gonogo.deploy.errors import ConnectionFailed, Unknown
from gonogo.deploy.host import http
from gonogo.deploy.host.answers import Answer
from gonogo.deploy.host.http import Reply
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.release import Release
from gonogo.deploy.ssh.connection import Connection
from tests import harness
from tests.unit.ports import refusing
from tests.unit.stacks import container, target

API, WEB = "http://127.0.0.1:8001/health", "http://127.0.0.1:3000/"
HEALTH = [{"url": API, "json": {"a": 1}}, {"url": WEB}, {"url": API}]


def made(connection: Connection) -> Release:
    return Release(target(health=HEALTH), connection, Redactor())


def test_every_endpoint_is_asked_once_and_at_the_same_time(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = threading.Barrier(2, timeout=10)
    asked: list[str] = []

    def get(_: Connection, url: str, __: float, **___: bool) -> Reply:
        asked.append(url)
        both.wait()
        return Reply(200, f"said by {url}", 0.1)

    monkeypatch.setattr(http, "get", get)
    release = made(connection)
    mark = release.transcript.mark()
    for _ in range(2):
        replies = health.replies(release.host, release.target.health)
        assert replies == {API: Reply(200, f"said by {API}", 0.1), WEB: Reply(200, "", 0.1)}
    assert sorted(asked) == [WEB, API]
    assert {one.command for one in release.evidence(mark)} == {f"GET {API}", f"GET {WEB}"}


@pytest.mark.parametrize("there", [[], [container("api")]])
def test_no_endpoint_is_asked_where_nothing_runs(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, there: list[object]
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(http, "get", lambda _, url, *__, **___: asked.append(url) or Reply(200, "{}", 0.1))
    release = made(connection)
    release.answers.known["host.containers.all"] = Answer(there, None)
    harness.run(release.target, release, only=["health.baseline"])
    assert sorted(asked) == ([WEB, API] if there else [])


def test_a_connection_that_breaks_is_not_the_fault_of_the_stack(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def get(*_: object, **__: object) -> Reply:
        raise ConnectionFailed("gone")

    monkeypatch.setattr(http, "get", get)
    with pytest.raises(Unknown, match="gone") as caught:
        _ = made(connection).host.http(API).reply
    assert caught.value.check == ConnectionFailed.check


def test_replies_of_an_earlier_version_are_known(connection: Connection) -> None:
    release = made(connection)
    kept = {url: {"status": 200, "body": "", "seconds": 0.1, "error": ""} for url in (API, WEB)}
    release.restore({"replies": {"value": kept}})
    assert health.replies(release.host, release.target.health)[WEB] == Reply(200, "", 0.1)
    release = made(connection)
    release.restore({"replies": {"check": "ssh.reachable", "error": "gone"}})
    with pytest.raises(Unknown, match="gone"):
        health.replies(release.host, release.target.health)


def test_the_controller_asks_the_server_itself(connection: Connection, tmp_path: Path) -> None:
    with refusing() as port:
        reply = made(connection).controller.http(f"http://127.0.0.1:{port}/").reply
    assert (reply.status, reply.error) == (None, f"nothing answers at 127.0.0.1:{port}")
