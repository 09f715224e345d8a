"""Whether what runs has the environment that its release gives it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gonogo.checks.suite import Suite
from gonogo.checks.verify.recorded import model_of, release_of
from gonogo.deploy.host.host import Host
from gonogo.deploy.rules import running
from gonogo.deploy.target import Target


@pytest.mark.check(
    "environment.running",
    reason="D1, L1: variables were lost on the way, and a service ran with those of another environment.",
    fix="Deploy again; where the env file was edited after the release, that brings it to the containers.",
)
def test_environment_running(host: Host, suite: Suite, target: Target, expect: Callable[..., None]) -> None:
    """Every container has the environment that the release's files give with the env file."""
    model, release = model_of(suite), release_of(suite)
    project = host.project(target.project)
    services, made = model.services, project.made_with
    ours = [one for one in project.containers if one.service in services and one.service in made]
    wrong = {one: running.variables(services[one.service], made[one.service].environment) for one in ours}
    wrong = {one: names for one, names in wrong.items() if names}
    count = sum(len(services[name].environment) for name in {one.service for one in ours})
    expect(
        not wrong,
        found="; ".join(f"{one.name} differs in {', '.join(names)}" for one, names in wrong.items())
        or f"{count} variables of {len(ours)} containers",
        expected="the environment that the release gives",
        severity="warning" if running.merely_later(wrong, release) else None,
    )
