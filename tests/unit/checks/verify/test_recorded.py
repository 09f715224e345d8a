"""What all checks that compare what runs with what was released have in common."""

from __future__ import annotations

import pytest

from gonogo.deploy.compose.model import Model
from gonogo.deploy.host.container import Given
from tests.unit.released import API, World, changed
from tests.unit.stacks import model

CHECKS = ("environment.running", "volumes.running", "ports.running", "images.stage")


@pytest.mark.parametrize("check", [*CHECKS, "resources.sane"])
def test_what_runs_as_released_passes(check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    result = World().result(check, monkeypatch)
    assert (result.status, result.message) == ("passed", "")
    assert result.severity == "error" or check == "resources.sane"


@pytest.mark.parametrize("check", CHECKS)
def test_without_a_release_there_is_nothing_to_compare_with(
    check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert World().result(check, monkeypatch, recorded=False).status == "skipped"


def with_volume() -> Model:
    return Model("shop", model(api=API).services, {"data": "data"})


@pytest.mark.parametrize("check", CHECKS[:3])
def test_what_changed_after_the_release_is_a_warning(check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(changed(hash="h2", bound=(), mounts=()), Given({}, ()), with_volume())
    assert world.result(check, monkeypatch).status == "warning"
