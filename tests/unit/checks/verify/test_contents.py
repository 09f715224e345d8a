"""Whether containers have the contents of the release: what fails it, and what is a warning."""

from __future__ import annotations

import pytest

from gonogo.deploy.host.answers import Answer
from gonogo.deploy.release.contents import Stale
from tests.unit.released import GOOD, World, changed

MADE = "/srv/shop/.deploy/releases/v1/compose.yaml"


@pytest.mark.parametrize(
    ("files", "copied", "status"),
    [("", True, "failed"), (MADE, True, "warning"), ("", False, "warning")],
)
def test_what_a_container_was_left_with_fails_and_what_changed_since_warns(
    files: str, copied: bool, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(changed(files=files))
    stale = [Stale("api", "its config app changed", copied=copied)]
    world.release.answers.known["verified.contents.stale"] = Answer(stale, None)
    result = world.result("contents.deployed", monkeypatch)
    assert (result.status, result.found) == (status, "api: its config app changed")


def test_a_stack_that_has_what_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(GOOD)
    world.release.answers.known["verified.contents.stale"] = Answer([], None)
    assert world.result("contents.deployed", monkeypatch).status == "passed"
