"""Whether names lead to the target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.answers import ahead
from gonogo.deploy.release.host import Host
from gonogo.deploy.target.sections.conditions import Dns
from gonogo.deploy.target.target import Target


def astray(found: Mapping[str, Sequence[str]], own: Sequence[str]) -> list[str]:
    """Return a sentence for each name that does not resolve, or leads elsewhere, be it only sometimes."""
    wrong = [f"{name} does not resolve" for name, addresses in found.items() if not addresses]
    for name, addresses in found.items():
        others = [address for address in addresses if address not in own]
        wrong += [f"{name} leads to {', '.join(others)}"] if others else []
    return wrong


def own(host: Host, controller: Host, settings: Dns) -> list[str]:
    """Return the addresses of the target: those of ``[dns]``, else those of the host that ssh connects to."""
    if settings.addresses:
        return list(settings.addresses)
    key = host.host_key.trust
    if key is None:
        raise GonogoError("the target is this machine, whose addresses nobody knows: set [dns] addresses")
    return controller.dns(key.address).addresses


@pytest.mark.check(
    "dns.target",
    reason="A deployment to a host that the names do not lead to changes nothing for anybody.",
    fix="Correct the records of the names, or host in the target file, or [dns] addresses where the world "
    "reaches the target at others than ssh does.",
)
def test_dns_target(host: Host, controller: Host, target: Target, expect: Expect) -> None:
    """The names in [dns] lead to the target, and nowhere else."""
    if target.dns is None:
        pytest.skip("the target file has no [dns]")
    ours = own(host, controller, target.dns)
    names = {name: controller.dns(name) for name in target.dns.names}
    ahead(partial(getattr, one, "addresses") for one in names.values())
    found = {name: one.addresses for name, one in names.items()}
    leads = [f"{name} leads to {', '.join(addresses)}" for name, addresses in found.items()]
    expected = ", ".join(ours) or f"{target.host}, which does not resolve here itself"
    wrong = astray(found, ours)
    expect(not wrong, wrong, found="; ".join(leads), expected=f"names that lead to {expected}")
