"""Every preflight check fails when what it guards is broken, and no other check does; see ``mutations``."""

from __future__ import annotations

from collections import defaultdict

import pytest

from tests import harness
from tests.unit import mutations
from tests.unit.mutations import Mutation, World

ALL: defaultdict[str, list[Mutation]] = defaultdict(list)
for one in mutations.all():
    ALL[one.check].append(one)


def test_nothing_fails_in_the_recording() -> None:
    world = World.recorded()
    found = harness.run(world.target, world.release)
    wrong = {one.id: one.message for one in found.values() if one.status not in ("passed", "skipped")}
    assert wrong == {}


def test_every_check_has_a_mutation() -> None:
    assert set(harness.ids("preflight")) - set(ALL) == set()


@pytest.mark.parametrize("check", ALL)
def test_a_broken_condition_fails_its_check_and_no_other(check: str) -> None:
    for mutation in ALL[check]:
        world = World.recorded()
        mutation.change(world)
        found = harness.run(world.target, world.release, **world.options)
        failed = harness.failed(found)
        assert set(failed) == {check}, mutation
        assert mutation.says in failed[check], mutation
        blocked = [one.id for one in found.values() if one.status == "blocked"]
        assert mutation.blocks or not blocked, mutation
