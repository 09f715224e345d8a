"""Whether the secrets and configs that services are given can be had."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.compose.model import Given
from gonogo.deploy.host.binds import Bind
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.release import Release


def missing(one: Given, binds: Mapping[str, Bind], variables: Collection[str]) -> str:
    """Return why a secret or a config cannot be had; empty where it can."""
    if one.external:
        return "it is external, and only a swarm has such"
    if one.environment and one.environment not in variables:
        return f"its variable {one.environment} is not set in the env file"
    gone = one.file and binds[one.file].kind == "missing"
    return f"there is no {one.file} on the target" if gone else ""


@pytest.mark.check(
    "secrets.present",
    reason="Docker refuses a container whose secret is missing when the old one is stopped already.",
    fix="Put the file on the target, set the variable in its env file, or correct the compose file.",
)
def test_secrets_present(host: Host, release: Release, expect: Expect) -> None:
    """Every secret and config that a service is given has its file or its variable on the target."""
    given = release.model.given
    if not given:
        pytest.skip("no service is given a secret or a config")
    binds, variables = host.paths(*release.model.given_files).binds, release.environment.variables
    for one in given:
        why = missing(one, binds, variables)
        expect(
            not why,
            f"the {one.kind} {one.key} ({', '.join(one.services)}): {why}",
            found=f"{one.kind} {one.key}",
            expected="the contents of each secret and config",
        )
    unseen = [path for path, there in binds.items() if there.kind == "unseen"]
    expect(
        not unseen,
        f"the login may not look at {', '.join(unseen)}",
        expected="files that can be looked at before a service is given them",
        fix="Look as root whether it is there.",
        severity="warning",
    )
