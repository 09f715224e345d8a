"""Who reaches the database, by the health endpoints that tell of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.checks.verify import test_mongodb as mongodb
from gonogo.deploy.availability import health
from gonogo.deploy.target.target import Target
from tests.unit.expecting import failing
from tests.unit.stacks import target


def asked(
    monkeypatch: pytest.MonkeyPatch, there: Target, faults: list[str], expect: Expect
) -> list[dict[str, object]]:
    """Judge the clients of the database; return what was expected of each endpoint."""
    heard: list[dict[str, object]] = []

    def settle(_: object, endpoint: Any) -> tuple[None, list[str]]:
        heard.append(dict(endpoint.expect))
        return None, faults

    monkeypatch.setattr(health, "settle", settle)
    mongodb.test_mongodb_clients(SimpleNamespace(connection=None), there, expect)
    return heard


def with_health(**expected: object) -> Target:
    return target(
        mongodb={"service": "db", "database": "chat"},
        health=[{"url": "http://127.0.0.1:8001/health", "json": expected}, {"url": "http://127.0.0.1:3000/"}],
    )


def test_only_what_tells_of_the_database_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    there = with_health(**{"checks.database": "ok", "checks.redis": "ok", "status": "healthy"})
    assert asked(monkeypatch, there, [], Expect()) == [{"checks.database": "ok"}]


def test_a_client_that_does_not_reach_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = "mongo.state is 'down' instead of 'up'"
    with failing(f"8001/health: {fault}") as expect:
        asked(monkeypatch, with_health(**{"mongo.state": "up"}), [fault], expect)


@pytest.mark.parametrize("key", ["status", "feedback", "checks.dbus"])
def test_without_an_endpoint_that_tells_of_it_nothing_is_judged(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    with pytest.raises(pytest.skip.Exception):
        asked(monkeypatch, with_health(**{key: "ok"}), [], Expect())
