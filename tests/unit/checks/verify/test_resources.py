"""Containers and their memory."""

from __future__ import annotations

import pytest

from gonogo.deploy.host.usage import Usage
from gonogo.deploy.release.records import Baseline, Life
from tests.unit.released import GOOD, World


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
