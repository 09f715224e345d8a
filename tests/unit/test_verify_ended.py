"""The checks of verify on memory, and on what had to end, over answers made here."""

from __future__ import annotations

from typing import Any

import pytest

from gonogo.deploy.host.usage import Usage
from gonogo.deploy.release.records import Baseline, Life
from tests.unit.released import API, GOOD, World, changed
from tests.unit.stacks import model


@pytest.mark.parametrize(
    ("usage", "status", "says"),
    [
        (Usage(100_000_000, 50_000_000), "passed", "1 of 1 containers have a limit, and room"),
        (Usage(100_000_000, 95_000_000), "warning", "shop-api-1 uses 95% of its 100 MB"),
        (Usage(100_000_000, 1, killed=True), "failed", "shop-api-1 was killed for its memory"),
    ],
)
def test_memory(usage: Usage, status: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.known(usage={GOOD.id: usage})
    result = world.result("resources.sane", monkeypatch)
    assert (result.status, result.found) == (status, says)


def test_what_was_killed_before_the_release_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.known(usage={GOOD.id: Usage(1, 0, killed=True)})
    before = Baseline(taken="", untouched={GOOD.name: Life(id=GOOD.id, started="")})
    assert world.result("resources.sane", monkeypatch, baseline=before).status == "warning"


@pytest.mark.parametrize(
    ("given", "status", "says"),
    [
        ({"status": "exited"}, "passed", "shop-api-1 ended with status 0"),
        ({"status": "exited", "exit_code": 3}, "failed", "shop-api-1 ended with status 3"),
        ({"status": "running"}, "failed", "shop-api-1 (running)"),
        ({"project": "another"}, "failed", "api has no container"),
    ],
)
def test_what_had_to_end(
    given: dict[str, Any], status: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = {"image": "web", "depends_on": {"api": {"condition": "service_completed_successfully"}}}
    world = World(changed(**given), stack=model(api=API, web=waits))
    result = world.result("containers.exits", monkeypatch)
    assert (result.status, result.found) == (status, says)


def test_where_nothing_has_to_end_there_is_nothing_to_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    assert World().result("containers.exits", monkeypatch).status == "skipped"
