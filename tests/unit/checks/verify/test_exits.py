"""One-shot services."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.released import API, World, changed
from tests.unit.stacks import model


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
