"""Docker Engine and Compose on the target."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from deploy.facts import Facts
from deploy.probes.engine import version

ENGINE = (20, 10)
COMPOSE = (2, 24)


@pytest.mark.check(
    "docker.access",
    reason="The login has to reach the Docker Engine without sudo: nobody is there to type a password.",
    fix="Add the login to the docker group on the target (`sudo usermod -aG docker USER`) and log in again.",
)
def test_docker_access(facts: Facts, expect: Callable[..., None]) -> None:
    """The login may use the Docker Engine of the target."""
    expect(
        facts.engine.platform,
        found=f"an engine for {facts.engine.platform}",
        expected="an engine that answers",
    )


@pytest.mark.check(
    "docker.engine",
    reason="Older engines lack what a release relies on, such as proving an archive's images by id.",
    fix="Install Docker Engine 20.10 or later on the target.",
)
def test_docker_engine(facts: Facts, expect: Callable[..., None]) -> None:
    """The Docker Engine is recent enough."""
    found = facts.engine.version
    expect(version(found) >= ENGINE, found=f"engine {found}", expected="20.10 or later")


@pytest.mark.check(
    "docker.compose",
    reason="Compose v1 names containers and reads env files differently, so what it starts is another stack.",
    fix="Install the package docker-compose-plugin, version 2.24 or later, on the target.",
)
def test_docker_compose(facts: Facts, expect: Callable[..., None]) -> None:
    """Compose v2 is there and recent enough."""
    _ = facts.engine
    found = facts.compose_version
    expect(version(found) >= COMPOSE, found=f"Compose {found}", expected="2.24 or later")
