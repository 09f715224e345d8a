"""Whether the ports that the release publishes are free, or held by what it replaces."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterable

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.compose.service import Port, Service
from gonogo.deploy.host.container import Container
from gonogo.deploy.host.port import Holder
from gonogo.deploy.host.sockets import Listener, overlaps
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.plan import ours
from gonogo.deploy.release.release import Release

MOST = 20  # ports that a message names
Number = tuple[int, str]
"""A port and its protocol."""


def hindrance(holders: Iterable[Holder], service: str, release: Release, port: Port) -> Holder | None:
    """Return which of the ``holders`` of a port keeps ``service`` from publishing it; None if none does."""
    return next((one for one in holders if not release.replaces(one, service, port)), None)


def hindering(holders: Iterable[Holder], service: str, release: Release, port: Port) -> str:
    """Return what keeps ``service`` from publishing a port, in words; empty if nothing does."""
    one = hindrance(holders, service, release, port)
    if not isinstance(one, Container):
        return one.told if one else ""
    kind = "one-off container" if one.oneoff else "container"
    whose = f" of the project {one.project}" if one.project else ""
    if one.oneoff:
        whose += ", which `docker compose run` started"
    elif one.project == release.model.name and one.service not in release.services:
        whose += f", of the service {one.service}, which this release does not have"
    elif one.project == release.model.name and not ours(one, release.target):
        whose += ", which was started by hand, so that it would not leave in time"
    return f"the {kind} {one.name}{whose}"


def cure(holders: Iterable[Holder | None]) -> str:
    """Return what to do about containers that keep a service from its port; empty where none is one."""
    names = list(dict.fromkeys(one.name for one in holders if isinstance(one, Container)))
    end = "once nobody needs it, or publish another port"
    return f"Stop the holder on the target (`docker stop {shlex.join(names)}`) {end}." if names else ""


def process(holders: Iterable[Holder]) -> str:
    """Return the process among the ``holders`` of a port that is no container; empty when there is none."""
    return next((one.told for one in holders if isinstance(one, Listener)), "")


def twice(published: list[tuple[str, Port]]) -> list[str]:
    """Return a sentence for each port that two services of the model publish."""
    found = []
    seen: defaultdict[Number, list[tuple[str, Port]]] = defaultdict(list)
    for name, port in published:
        others = seen[port.published, port.protocol]
        found += [
            f"{port} is published by {name} and by {other}"
            for other, second in others
            if other != name and overlaps(port.host_ip, second.host_ip)
        ]
        others.append((name, port))
    return found


def repeated(services: Iterable[Service]) -> list[str]:
    """Return a sentence for each service of which several containers would need the same port."""
    return [
        f"{port} would be published by each of the {one.scale} containers of {one.name}"
        for one in services
        for port in one.ports
        if one.scale > 1 and port.published
    ]


def exhausted(service: Service, held: dict[Port, str]) -> str:
    """Return a sentence where a range has too few free ports; ``held``: each port of it, and by whom."""
    free = list(held.values()).count("")
    if free >= service.scale:
        return ""
    named = list(dict.fromkeys(who for who in held.values() if who))
    others = " and others" if len(named) > 3 else ""
    return (
        f"{_span(held)} for {service.name} has {free} of {service.scale} ports free, the rest is held by "
        f"{', '.join(named[:3])}{others}"
    )


def risky(service: Service, processes: dict[Port, str]) -> str:
    """Return a sentence where a process holds a port of a range; ``processes``: of each port, or empty.

    An engine knows the ports of its own containers alone. The next one that none of these has is the one it
    chooses, and many engines do not try another when that fails.
    """
    for port, who in processes.items():
        if who:
            return f"{_span(processes)} for {service.name} has {port} held by {who}: the engine may choose it"
    return ""


def _span(ports: Iterable[Port]) -> str:
    first, *_, last = ports
    return f"{first} to {last.published}"


def _joined(between: str, words: list[str]) -> str:
    more = [f"and {len(words) - MOST} more"] if len(words) > MOST else []
    return between.join(words[:MOST] + more)


@pytest.mark.check(
    "ports.free",
    reason="D3: a port held by another stack fails the start halfway, with containers left behind.",
    fix="Stop the holder, or publish another port in the compose file.",
)
def test_ports_free(host: Host, release: Release, expect: Expect) -> None:
    """Every published port is free, or held by the container that this release replaces."""
    services = release.publishing
    wanted = [f"{port} ({service})" for service, port in release.published]
    wanted += [f"one of {_span(ports)} ({one.name})" for one in services for ports in one.ranges]
    expected = f"for this stack: {', '.join(wanted) or 'no port'}"
    wrong = twice(release.published) + repeated(services)
    expect(not wrong, wrong, found="all free or ours", expected=expected)
    _ = host.holders  # whether they can be told at all is asked whatever is published
    for service, port in release.published:
        found = host.port(str(port)).holders
        who, fix = hindering(found, service, release, port), cure([hindrance(found, service, release, port)])
        expect(not who, f"{port} for {service} is held by {who}", expected=expected, fix=fix)
    for one in services:
        for ports in one.ranges:
            held = {port: host.port(str(port)).holders for port in ports}
            full = exhausted(
                one, {port: hindering(who, one.name, release, port) for port, who in held.items()}
            )
            fix = cure(hindrance(who, one.name, release, port) for port, who in held.items())
            expect(not full, full, expected=expected, fix=fix)
            risk = risky(one, {port: process(who) for port, who in held.items()})
            expect(not risk, risk, expected=expected, severity="warning")


@pytest.mark.check(
    "ports.privileged",
    reason="A rootless engine may not bind the low ports: the start fails halfway, as with a port in use.",
    fix="Publish a higher port behind a proxy, or lower the limit on the target: "
    "`sudo sysctl net.ipv4.ip_unprivileged_port_start=80`, and the same in /etc/sysctl.d.",
)
def test_ports_privileged(host: Host, release: Release, expect: Expect) -> None:
    """The engine is allowed to bind every published port."""
    publishing = release.publishing
    if not host.engine.rootless:
        pytest.skip("the engine runs as root and may bind every port")
    lowest = host.engine.info.lowest_port
    wrong = [
        f"{port} for {one.name}"
        for one in publishing
        for port in (*one.ports, *(ports[0] for ports in one.ranges))
        if 0 < port.published < lowest
    ]
    expect(
        not wrong,
        found=f"{'; '.join(wrong) or 'no port'} below {lowest}",
        expected=f"a rootless engine may bind ports from {lowest} on",
    )
