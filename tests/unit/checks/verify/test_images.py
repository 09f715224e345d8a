"""Images, build stages and development servers that run."""

from __future__ import annotations

import pytest

from gonogo.deploy.host.container import Given
from gonogo.deploy.host.images import ImageInfo
from tests.unit.released import World
from tests.unit.stacks import container


def test_a_release_of_which_nothing_runs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    result = World(container("other")).result("images.running", monkeypatch)
    assert (result.status, result.found) == ("failed", "no container of a service of the release")


@pytest.mark.parametrize(
    ("made", "images", "says"),
    [
        (Given({"NODE_ENV": "development"}, ("node",)), {}, "api has NODE_ENV=development"),
        (Given({}, ("next", "dev")), {}, "api is started with `next dev`, a development server"),
        (
            Given({}, ()),
            {"sha256:api": ImageInfo("sha256:api", "linux/amd64", command=("flask", "run", "--debug"))},
            "api is started with `flask run --debug`, a development server",
        ),
    ],
)
def test_what_runs_for_development(
    made: Given, images: dict[str, ImageInfo], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(made=made)
    world.known(images=images)
    assert world.result("images.stage", monkeypatch).found == says


def test_what_was_gone_back_to_is_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(made=Given({"NODE_ENV": "development"}, ("node",)))
    assert world.result("images.stage", monkeypatch, verified="v1", baseline_of="v1").status == "failed"
    assert world.result("images.stage", monkeypatch, verified="v1", baseline_of="v2").status == "warning"


def test_a_stage_that_is_not_the_declared_one(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(images={"stages": {"api": "final"}})
    found = world.result("images.stage", monkeypatch).found
    assert found == "api is built with stage production, and final is declared"
