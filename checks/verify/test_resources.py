"""Whether what runs has the memory that it needs."""

from __future__ import annotations

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.verified import Verified
from gonogo.deploy.target.target import Target

NEAR = 0.9
"""The part of a container's memory limit beyond which the next request may be one too many."""


@pytest.mark.check(
    "resources.sane",
    reason="A container that reaches its memory limit is killed, and at the busiest hour.",
    fix="Raise the service's memory limit, or find out what it needs so much for.",
)
def test_resources_sane(host: Host, target: Target, release: Verified, expect: Expect) -> None:
    """No container was killed for its memory, and none is about to be."""
    project = host.project(target.project)
    names = {one.id: one.name for one in project.containers}
    kept = {one.id for one in release.baseline.untouched.values()} if release.baseline else set()
    limited = sum(bool(used.limit) for used in project.usage.values())
    expected = f"none killed, and less than {NEAR:.0%} of each limit in use"
    expect(True, found=f"{limited} of {len(names)} containers have a limit, and room", expected=expected)
    for one, used in project.usage.items():
        expect(
            not used.killed,
            f"{names[one]} was killed for its memory",
            expected=expected,
            # What was killed before is no fault of this release.
            severity="warning" if one in kept or release.gone_back else None,
        )
        near = f"{names[one]} uses {used.share:.0%} of its {used.limit / 1e6:.0f} MB"
        expect(used.share < NEAR, near, expected=expected, severity="warning")
