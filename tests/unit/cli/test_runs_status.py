"""What ``gonogo status`` misses: services of the release that have fewer containers than they should."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from gonogo.deploy.cli import runs
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.release import records
from gonogo.deploy.release.records import Image, Record
from gonogo.deploy.release.release import Release
from tests.unit.stacks import container, model, target

RECORD = Record(
    version="v1",
    created="2026-01-31T08:05:59+00:00",
    project="shop",
    images={name: Image(name=name, id=f"sha256:{name}") for name in ("api", "db", "migrate")},
)
NEEDS = {"depends_on": {"migrate": {"condition": "service_completed_successfully"}}}


@pytest.fixture(autouse=True)
def without_a_baseline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "load_baseline", lambda *_: None)


def lacking(*there: str) -> list[str]:
    running = [container(name) for name in there]
    release = SimpleNamespace(running=running, target=target(), connection=None, redactor=None)
    return runs._lacking(cast(Release, release), RECORD)


def test_services_without_a_container_are_named_and_one_shots_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = SimpleNamespace(model=model(api=NEEDS, db={}, migrate={}))
    monkeypatch.setattr(runs, "resolve", lambda *_: found)
    assert lacking("api", "db", "migrate") == []
    assert lacking("api", "db") == []
    assert lacking() == ["api", "db"]


def test_a_replica_that_is_gone_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = SimpleNamespace(model=model(api={"scale": 2}, db={}, migrate={}))
    monkeypatch.setattr(runs, "resolve", lambda *_: found)
    assert lacking("api", "db", "migrate") == ["api"]
    assert lacking("api", "api", "db", "migrate") == []


def test_where_the_files_of_a_release_cannot_be_resolved_every_service_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def resolve(*_: Any) -> Any:
        raise GonogoError("the env file is gone")

    monkeypatch.setattr(runs, "resolve", resolve)
    assert lacking("api", "db") == ["migrate"]
