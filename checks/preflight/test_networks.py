"""Whether the networks that Compose does not make are there, and the others can be made anew."""

from __future__ import annotations

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.release import Release


@pytest.mark.check(
    "networks.exist",
    reason="Compose starts no service whose external network is missing, when others were replaced already.",
    fix="Correct its name in the compose file, or make it on the target with `docker network create`.",
)
def test_networks_exist(host: Host, release: Release, expect: Expect) -> None:
    """Every network that the compose file calls external exists on the target."""
    model = release.model
    outside = model.external_networks
    if not outside:
        pytest.skip("no network is external")
    there = {one.name for one in host.networks.all}
    keys = {name: key for key, name in model.networks.items()}
    for name in sorted(outside - there):
        users = [s.name for s in model.services.values() if keys[name] in s.networks]
        expect(
            not users,
            f"the external network {name} ({', '.join(sorted(users))}) does not exist",
            expected="external networks that exist on the target",
            fix=f"Correct the name in the compose file, or make it there: `docker network create {name}`.",
        )
    expect(True, found=f"{', '.join(sorted(outside & there))}", expected="external networks that exist")


@pytest.mark.check(
    "networks.attached",
    reason="A network that changed can only be made anew when all leave it; Compose then fails halfway.",
    fix="Take the container out of the network, deploy, and connect it again.",
)
def test_networks_attached(release: Release, expect: Expect) -> None:
    """A network whose definition changed has no containers but those of the stack's services."""
    anew = release.networks.anew
    told = [f"{one.name} is made anew: {', '.join(one.keys)} changed" for one in anew]
    expect(True, found="; ".join(told) or "no network changed", expected="nobody else in a changed network")
    for one in anew:
        expect(
            not one.strangers,
            one.held,
            expected="nobody else in a changed network",
            fix=f"Take it out, deploy, and connect it again: `{one.cure}`.",
        )
