"""Whether what runs now is well: a release over a sick stack cannot tell what it broke."""

from __future__ import annotations

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.availability import health
from gonogo.deploy.release.host import Host
from gonogo.deploy.target.target import Target


@pytest.mark.check(
    "health.baseline",
    reason="Only what is well before a release can prove that the release left it well.",
    fix="Fix the running stack first; to deploy the very fix, add a waiver for health.baseline.",
)
def test_health_baseline(host: Host, target: Target, expect: Expect) -> None:
    """The stack that runs now is healthy and answers, or nothing runs yet."""
    running = host.project(target.project).containers
    wrong = [f"{one.told}" for one in running if not one.well and not one.completed]
    if running:
        replies = health.replies(host, target.health)
        for endpoint in target.health:
            faults = health.faults(endpoint, replies[endpoint.url])
            wrong += [f"{endpoint.url}: {fault}" for fault in faults]
    good = (
        f"{len(running)} containers and {len(target.health)} endpoints are well"
        if running
        else "nothing runs yet"
    )
    expect(not wrong, wrong, found=good, expected="a stack that is well, or none")
    rate = target.availability.rate
    if running and rate and not target.availability.public_urls:
        burden = rate * sum(one.seconds for one in replies.values()) / max(1, len(replies))
        expect(
            burden <= 1,
            f"{rate} requests a second while a release is made are {burden:.1f} under way at any time, "
            "since answers take that long",
            expected="an answer before the next request, so that a small server is not kept busy by gonogo",
            fix=f"Lower rate of [availability] to {max(1, int(rate / max(burden, 1)))}, or leave it out.",
            severity="warning",
        )
