"""Whether what runs is reached where its release says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gonogo.checks.suite import Suite
from gonogo.checks.verify.recorded import model_of, release_of
from gonogo.deploy.host.host import Host
from gonogo.deploy.rules import running
from gonogo.deploy.target import Target


@pytest.mark.check(
    "ports.running",
    reason="D3, L8: what was started by hand was published elsewhere, or to the whole world.",
    fix="See which file started the container, and deploy again.",
)
def test_ports_running(host: Host, suite: Suite, target: Target, expect: Callable[..., None]) -> None:
    """Every container that runs publishes the ports that the release's files give, and no others."""
    model, release = model_of(suite), release_of(suite)
    ours = [
        one
        for one in host.project(target.project).containers
        if one.service in model.services and one.running
    ]
    wrong = {one: list(running.ports(model.services[one.service], one)) for one in ours}
    wrong = {one: said for one, said in wrong.items() if said}
    listed = [f"{one.service} {port}" for one in ours for port in one.bound]
    expect(
        not wrong,
        found="; ".join(said for each in wrong.values() for said in each)
        or ", ".join(listed)
        or "nothing is published",
        expected="the ports that the release publishes",
        severity="warning" if running.merely_later(wrong, release) else None,
    )
