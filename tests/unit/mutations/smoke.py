"""Mutations of the smoke tests that a target file names."""

from __future__ import annotations

from tests.unit.mutations import Mutation, World


def _nowhere(world: World) -> None:
    world.amend(smoke={"files": ["no/such_test.py"]})
    (file,) = world.target.smoke_files
    world.set({f'controller.paths("{file}").files': []})


MUTATIONS = [Mutation("smoke.present", _nowhere, "missing: ")]
