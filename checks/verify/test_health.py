"""Whether the stack answers as it should."""

from __future__ import annotations

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.availability import health
from gonogo.deploy.release.host import Host
from gonogo.deploy.target.target import Target


@pytest.mark.check(
    "health.endpoints",
    reason="D4: whether the stack works is for the stack to say, through its own health endpoint.",
    fix="Read the answer in the evidence, and the log of the service behind that port.",
    last=True,
)
def test_health_endpoints(host: Host, target: Target, expect: Expect) -> None:
    """At the very end every health endpoint answers as expected, in time, several times in a row."""
    if not target.health:
        pytest.skip("the target file names no health endpoint")
    for endpoint in target.health:
        reply, faults = health.settle(host.connection, endpoint)
        expect(
            not faults,
            [f"{endpoint.url}: {fault}" for fault in faults],
            found=f"{endpoint.url} in {reply.seconds * 1000:.0f} ms",
            expected="every endpoint as the target file says",
        )
