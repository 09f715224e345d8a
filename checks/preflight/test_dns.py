"""Whether names lead to the target."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from gonogo.deploy.facts import Facts
from gonogo.deploy.target import Target


def astray(found: Mapping[str, Sequence[str]], own: Sequence[str]) -> list[str]:
    """Return a sentence for each name that does not resolve, or leads elsewhere, be it only sometimes."""
    wrong = [f"{name} does not resolve" for name, addresses in found.items() if not addresses]
    for name, addresses in found.items():
        others = [address for address in addresses if address not in own]
        wrong += [f"{name} leads to {', '.join(others)}"] if others else []
    return wrong


@pytest.mark.check(
    "dns.target",
    reason="A deployment to a host that the names do not lead to changes nothing for anybody.",
    fix="Correct the records of the names, or host in the target file, or [dns] addresses where the world "
    "reaches the target at others than ssh does.",
)
def test_dns_target(facts: Facts, target: Target, expect: Callable[..., None]) -> None:
    """The names in [dns] lead to the target, and nowhere else."""
    if target.dns is None:
        pytest.skip("the target file has no [dns]")
    own = facts.own_addresses
    leads = [f"{name} leads to {', '.join(addresses)}" for name, addresses in facts.addresses.items()]
    expected = ", ".join(own) or f"{target.host}, which does not resolve here itself"
    wrong = astray(facts.addresses, own)
    expect(not wrong, found="; ".join(wrong or leads), expected=f"names that lead to {expected}")
