"""Whether what had to be done once was done."""

from __future__ import annotations

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.checks.verify.recorded import model_of
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.verified import Verified
from gonogo.deploy.target.target import Target


@pytest.mark.check(
    "containers.exits",
    reason="A migration that failed, or still runs, leaves a database that the new release cannot work with.",
    fix="Read its log: docker logs NAME.",
)
def test_containers_exits(host: Host, target: Target, release: Verified, expect: Expect) -> None:
    """Every service that others wait for to complete has ended with status 0.

    Those of a release that was rolled back to, which are not run again then, need no container.
    """
    once = model_of(release).one_shots() - release.not_repeated
    if not once:
        pytest.skip("no service of the stack has to complete before others")
    ours = [one for one in host.project(target.project).containers if one.service in once]
    wrong = [
        f"{one.name} ended with status {one.exit_code}" if one.status == "exited" else one.told
        for one in ours
        if one.status != "exited" or one.exit_code
    ]
    wrong += [f"{name} has no container" for name in sorted(once - {one.service for one in ours})]
    good = ", ".join(f"{one.name} ended with status 0" for one in ours)
    expect(not wrong, wrong, found=good, expected="all of them ended with status 0")
