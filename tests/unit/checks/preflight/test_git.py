"""What git says of the folder that is deployed, and that what it cannot look at is not passed."""

from __future__ import annotations

from dataclasses import replace

from tests import harness
from tests.unit.mutations import World
from tests.unit.mutations.release import GIT


def test_a_repository_that_git_refuses_to_read_is_a_no_go() -> None:
    def judged(**changed: object) -> str:
        world = World.recorded()
        world.set({GIT: replace(world.get(GIT), commit="", **changed)})
        (result,) = harness.run(world.target, world.release, only={"git.clean"}).values()
        assert result.found == changed["why"]
        return result.status

    assert judged(why="git in /src: fatal: detected dubious ownership", unread=True) == "failed"
    assert judged(why="/src is in no git repository") == "warning"
