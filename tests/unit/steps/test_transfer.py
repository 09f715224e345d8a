"""What is removed of a release that never started: its folder, and only tags that gonogo made for it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.steps.baseline import TakeBaseline
from gonogo.deploy.steps.build import Build
from gonogo.deploy.steps.run import Run
from gonogo.deploy.steps.transfer import Transfer
from tests.unit.stacks import model, target


def discarded(version: str, **given: Any) -> str:
    asked: list[str] = []
    stack = model(api={"image": "acme/api"}, cache={"image": "redis:7.2"})
    run = SimpleNamespace(
        target=target(),
        version=version,
        images_of="",
        resumed="",
        release=SimpleNamespace(model=stack),
        connection=SimpleNamespace(check=lambda line, **_: asked.append(line)),
    )
    for step in (TakeBaseline(), Transfer(), Build()):
        step.undo(cast(Run, SimpleNamespace(**{**vars(run), **given})))
    return "; ".join(asked)


def test_a_version_of_our_own_is_nobody_elses_tag() -> None:
    line = discarded("8d03f5a1-20260131-080559-dirty")
    assert line.startswith("rm -rf -- /srv/shop/.deploy/releases/8d03f5a1-20260131-080559-dirty; ")
    assert 'case "$tag" in *:8d03f5a1-20260131-080559-dirty) docker image rm' in line


def test_a_version_that_a_person_gave_may_be_a_tag_of_anybodys_images() -> None:
    assert 'case "$tag" in acme/api:7.2) docker image rm' in discarded("7.2"), "and not redis:7.2"
    built = target(method="on-server", on_server={"checkout": "/srv/clone"})
    assert discarded("7.2", target=built, images_of="7.2") == "rm -rf -- /srv/shop/.deploy/releases/7.2"
    assert discarded("7.2", target=built, resumed="7.2") == "rm -rf -- /srv/shop/.deploy/releases/7.2"
    assert "acme/api:7.2)" in discarded("7.2", target=built), "it was built there for this release"


def test_what_the_stack_is_may_not_be_known_any_more() -> None:
    class Lost:
        @property
        def model(self) -> None:
            raise GonogoError("the connection was lost")

    assert discarded("7.2", release=Lost()) == "rm -rf -- /srv/shop/.deploy/releases/7.2"
