"""Whether external networks exist, and whether the others can be made, or made anew."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.host.networks import Network, Route
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.release import Release

OVERLAY = "overlay"
Subnet = ipaddress.IPv4Network | ipaddress.IPv6Network


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
    # Nor does Compose ask a worker: the engine attaches the container, or fails to.
    worker = bool(outside - there) and host.engine.info.worker
    told = "is not known to this worker of a swarm, which is so of any that it does not use yet"
    told = told if worker else "does not exist"
    for name in sorted(outside - there):
        users = [s.name for s in model.services.values() if keys[name] in s.networks]
        expect(
            not users,
            f"the external network {name} ({', '.join(sorted(users))}) {told}",
            expected="external networks that exist on the target",
            fix=f"Correct the name in the compose file, or make it there: `docker network create {name}`.",
            severity="warning" if worker else None,
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


def taken(subnets: Mapping[str, Iterable[str]], there: Iterable[Network]) -> Iterator[str]:
    """Yield what keeps the engine from making networks with these ``subnets``, in words.

    No two networks of an engine may overlap; those of a swarm have an address space of their own. What the
    stack's own networks have now, they give back before they are made anew.
    """
    others = [one for one in there if one.driver != OVERLAY and one.name not in subnets]
    held = [(f"the network {one.name}", one.subnets) for one in others]
    for name, given in sorted(subnets.items()):
        for text in given:
            if (subnet := _subnet(text)) is None:
                yield f"{name}: {text} is no subnet"
                continue
            for holder, own in held:
                if meeting := [other for other in own if _overlap(subnet, _subnet(other))]:
                    yield f"{name}: {text} overlaps {', '.join(meeting)} of {holder}"
        held.append((f"{name}, which the stack has too", tuple(given)))


def hidden(
    subnets: Mapping[str, Iterable[str]], there: Iterable[Network], routes: Iterable[Route]
) -> Iterator[str]:
    """Yield which routes of the host would lead into the new networks instead, in words."""
    own = {subnet for one in there for subnet in one.subnets}
    foreign = [one for one in routes if one.subnet not in own]
    for name, given in sorted(subnets.items()):
        for text in given:
            for one in foreign:
                if _overlap(_subnet(text), _subnet(one.subnet)):
                    yield f"{name}: {text} overlaps the host's route to {one.subnet} by {one.device}"


def _subnet(text: str) -> Subnet | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _overlap(one: Subnet | None, other: Subnet | None) -> bool:
    return bool(one and other and one.version == other.version and one.overlaps(other))


@pytest.mark.check(
    "networks.address_space",
    reason="The engine makes no network that overlaps another, and says so when services were replaced.",
    fix="Give the network another subnet in the compose file, or remove the network that has it.",
)
def test_networks_address_space(host: Host, release: Release, expect: Expect) -> None:
    """No network that Compose will make overlaps another one, nor a route of the target."""
    subnets = release.model.subnets
    if not subnets:
        pytest.skip("no network is given a subnet")
    there = host.networks.all
    for wrong in taken(subnets, there):
        expect(False, wrong, expected="subnets that no network has")
    for wrong in hidden(subnets, there, host.networks.routes):
        expect(
            False,
            wrong,
            expected="subnets to which no route of the host leads",
            fix="Give the network another subnet, unless what lies there needs not be reached from the host.",
            severity="warning",
        )
    told = ", ".join(f"{name} {' '.join(given)}" for name, given in sorted(subnets.items()))
    expect(True, found=told, expected="subnets that are free")
