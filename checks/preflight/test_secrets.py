"""Whether the secrets and configs that services are given can be had."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.compose.model import Given
from gonogo.deploy.host.path_status import Place
from gonogo.deploy.release.release import Release


def missing(one: Given, places: Mapping[str, Place], variables: Collection[str]) -> str:
    """Return why a secret or a config cannot be had; empty where it can."""
    if one.external:
        return "it is external, and only a swarm has such"
    if one.environment and one.environment not in variables:
        return f"its variable {one.environment} is not set in the env file"
    there = places.get(one.file)
    if one.file and there is None:
        return f"there is no {one.file} on the target"
    return f"{one.file} is {there.told}, and no file" if there and not there.is_file else ""


@pytest.mark.check(
    "secrets.present",
    reason="Docker refuses a container whose secret is missing when the old one is stopped already.",
    fix="Put the file on the target, set the variable in its env file, or correct the compose file.",
)
def test_secrets_present(release: Release, expect: Expect) -> None:
    """Every secret and config that a service is given has its file or its variable on the target."""
    given = release.model.given
    if not given:
        pytest.skip("no service is given a secret or a config")
    places, variables = release.binds.given.places, release.environment.variables
    for one in given:
        why = missing(one, places, variables)
        expect(
            not why,
            f"the {one.kind} {one.key} ({', '.join(one.services)}): {why}",
            found=f"{one.kind} {one.key}",
            expected="the contents of each secret and config",
        )
