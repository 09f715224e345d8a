"""Whether the networks that Compose does not make are there."""

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
