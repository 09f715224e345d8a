"""Whether what runs is in the networks that its release gives it."""

from __future__ import annotations

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.checks.verify.recorded import model_of
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.networks import outside
from gonogo.deploy.release.verified import Verified
from gonogo.deploy.target.target import Target


@pytest.mark.check(
    "networks.joined",
    reason="A container that was taken out of its network runs, is healthy, and nobody reaches it.",
    fix="Deploy again: a service whose container is not in its networks is replaced.",
)
def test_networks_joined(host: Host, target: Target, release: Verified, expect: Expect) -> None:
    """Every container of the release is in the networks that the compose file gives its service."""
    running = host.project(target.project).containers
    wrong = [f"{service}: {why}" for service, why in outside(model_of(release), running).items()]
    found = f"{len(running)} containers, all in theirs"
    expect(not wrong, wrong, found=found, expected="all in their networks")
