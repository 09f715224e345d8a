"""Whether what runs is reached where its release says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.checks.verify.recorded import as_given, model_of, record_of
from gonogo.deploy.compose.service import Port, Service
from gonogo.deploy.host.container import Container
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.verified import Verified
from gonogo.deploy.target.target import Target

ANY = ("", "0.0.0.0", "::")
"""How the engine writes that a port is published on every address."""
ELSEWHERE = ("host", "none", "service:", "container:")
"""How network modes begin in which a container publishes nothing itself."""


def port_faults(service: Service, container: Container) -> Iterator[str]:
    """Yield, for each port that is missing or that the model does not publish, a sentence."""
    if service.network_mode.startswith(ELSEWHERE):
        return
    for port in service.ports:
        if not any(_matches(port, other) for other in container.bound):
            yield f"{container.name} does not publish {port} for its port {port.target}"
    for choice in service.ranges:
        if not any(_matches(port, other) for port in choice for other in container.bound):
            first = choice[0]
            yield f"{container.name} publishes its port {first.target} on none of the range from {first} on"
    declared = [*service.ports, *(port for choice in service.ranges for port in choice)]
    for other in _distinct(container.bound):
        if not any(_matches(port, other) for port in declared):
            where = f"{other} for its port {other.target}"
            yield f"{container.name} publishes {where}, which the release does not"


def _distinct(bound: Iterable[Port]) -> Iterator[Port]:
    """Yield ports once that are published on IPv4 and IPv6 alike."""
    seen = set()
    for port in bound:
        address = "" if port.host_ip in ANY else port.host_ip
        key = (address, port.published, port.target, port.protocol)
        if key not in seen:
            seen.add(key)
            yield Port(*key)


def _matches(wanted: Port, found: Port) -> bool:
    number = wanted.published in (0, found.published)
    inside = (wanted.target, wanted.protocol) == (found.target, found.protocol)
    # An address that the model leaves open is the daemon's to choose, with its option --ip.
    return number and inside and (wanted.host_ip in ANY or wanted.host_ip == found.host_ip)


@pytest.mark.check(
    "ports.running",
    reason="D3, L8: what was started by hand was published elsewhere, or to the whole world.",
    fix="See which file started the container, and deploy again.",
)
def test_ports_running(host: Host, target: Target, release: Verified, expect: Expect) -> None:
    """Every container that runs publishes the ports that the release's files give, and no others."""
    model, record = model_of(release), record_of(release)
    ours = [
        one
        for one in host.project(target.project).containers
        if one.service in model.services and one.running
    ]
    faults = {one: list(port_faults(model.services[one.service], one)) for one in ours}
    found = ", ".join(f"{one.service} {port}" for one in ours for port in one.bound) or "nothing is published"
    as_given(expect, record, faults, found=found, expected="the ports that the release publishes")
