"""Whether what runs has the environment that its release gives it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.checks.verify.recorded import as_given, model_of, record_of
from gonogo.deploy.compose.service import Service
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.verified import Verified
from gonogo.deploy.target.target import Target


def differing(service: Service, environment: Mapping[str, str]) -> list[str]:
    """Return the names of the variables that a container lacks or has with another value than the model."""
    wanted = service.environment
    # Compose leaves out of the container what has no value, and a model cannot tell that from a blank one.
    return sorted(name for name, value in wanted.items() if environment.get(name, "") != value)


@pytest.mark.check(
    "environment.running",
    reason="D1, L1: variables were lost on the way, and a service ran with those of another environment.",
    fix="Deploy again, so that what runs has what the release gives.",
)
def test_environment_running(host: Host, target: Target, release: Verified, expect: Expect) -> None:
    """Every container has the environment that the release's files give with its own env file.

    Where somebody edited the env file of the target since, that is a warning.
    """
    model, record = model_of(release), record_of(release)
    project = host.project(target.project)
    services, made = model.services, project.made_with
    ours = [one for one in project.containers if one.service in services and one.service in made]
    wrong = {one: differing(services[one.service], made[one.service].environment) for one in ours}
    faults = {one: [f"{one.name} differs in {', '.join(names)}"] for one, names in wrong.items() if names}
    count = sum(len(services[name].environment) for name in {one.service for one in ours})
    found = f"{count} variables of {len(ours)} containers"
    as_given(expect, record, faults, found=found, expected="the environment that the release gives")
    if not release.gone_back and (since := release.edited):
        expect(
            False,
            found=f"the env file was edited since the release ({since})",
            expected="the env file with which the release was started",
            severity="warning",
            fix="Deploy again, so that the containers get it; or undo it: a way back does not use it.",
        )
