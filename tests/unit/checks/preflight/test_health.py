"""What is said of a stack that is not well before a release."""

from __future__ import annotations

from tests import harness
from tests.unit.mutations import World
from tests.unit.mutations import release as mutations


def remedy(world: World) -> str:
    found = harness.run(world.target, world.release, only=["health.baseline"])
    return found["health.baseline"].fix


def test_who_is_still_starting_is_waited_for_and_who_is_ill_is_not() -> None:
    world = World.recorded()
    mutations.starting(world)
    assert "Wait until their health checks have answered, " in remedy(world)
    mutations.sick(world)
    assert "Wait until" in remedy(world), "an endpoint of what is starting cannot be well"
    mutations.unhealthy(world)
    assert remedy(world).startswith("Fix the running stack first")
