"""Whether the ports that the release publishes are free, or held by what it replaces."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

import pytest

from gonogo.deploy.facts import Facts
from gonogo.deploy.host.host import Host
from gonogo.deploy.model import Model, Port, Service
from gonogo.deploy.probes.containers import Container
from gonogo.deploy.probes.listeners import Listener, clashes, overlaps

HOST = "host"
MOST = 20  # ports that a message names
Number = tuple[int, str]
"""A port and its protocol."""


class Holders:
    """Who holds the ports of a host. Looked up by number, since a service may publish thousands."""

    def __init__(self, containers: Iterable[Container], listeners: Iterable[Listener]) -> None:
        self._bound: defaultdict[Number, list[tuple[Container, Port]]] = defaultdict(list)
        self._listeners: defaultdict[Number, list[Listener]] = defaultdict(list)
        for one in containers:
            for port in dict.fromkeys((*one.ports, *one.bound)) if one.running else ():
                self._bound[port.published, port.protocol].append((one, port))
        for listener in listeners:
            self._listeners[listener.port, listener.protocol].append(listener)

    def container(self, service: str, port: Port, project: str) -> str:
        """Return the container that keeps ``service`` from publishing ``port``; empty when none does.

        The one of this very service in this project is what the release replaces, so it is no hindrance.
        """
        for one, _ in self._clashing(port):
            if (one.project, one.service) != (project, service):
                whose = f" of the project {one.project}" if one.project else ""
                return f"the container {one.name}{whose}"
        return ""

    def process(self, port: Port) -> str:
        """Return the process that is no container and holds ``port``; empty when none does."""
        ours = [mine for _, mine in self._clashing(port)]
        for listener in self._listeners.get((port.published, port.protocol), ()):
            if clashes(port, listener) and not any(clashes(mine, listener) for mine in ours):
                return listener.told
        return ""

    def of(self, service: str, port: Port, project: str) -> str:
        """Return who keeps ``service`` from publishing ``port``; empty when nobody does."""
        return self.container(service, port, project) or self.process(port)

    def _clashing(self, port: Port) -> list[tuple[Container, Port]]:
        bound = self._bound.get((port.published, port.protocol), ())
        return [(one, mine) for one, mine in bound if overlaps(port.host_ip, mine.host_ip)]


def publishing(model: Model) -> list[Service]:
    """Return the services whose ports Docker publishes: with the host's network, it publishes none."""
    return [one for one in model.services.values() if one.network_mode != HOST]


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


def risky(service: Service, ports: tuple[Port, ...], holders: Holders) -> str:
    """Return a sentence where a process holds a port of a range, though others may be free.

    An engine knows the ports of its own containers alone. The next one that none of these has is the one it
    chooses, and many engines do not try another when that fails.
    """
    for port in ports:
        if who := holders.process(port):
            return f"{_span(ports)} for {service.name} has {port} held by {who}: the engine may choose it"
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
def test_ports_free(facts: Facts, model: Model, expect: Callable[..., None]) -> None:
    """Every published port is free, or held by the container that this release replaces."""
    services = publishing(model)
    published = [(one.name, port) for one in services for port in one.ports if port.published]
    wrong, risks = twice(published) + repeated(services), []
    holders = Holders(facts.containers, facts.listeners)
    for service, port in published:
        who = holders.of(service, port, model.name)
        wrong += [f"{port} for {service} is held by {who}"] if who else []
    for one in services:
        for ports in one.ranges:
            wrong.append(exhausted(one, {port: holders.of(one.name, port, model.name) for port in ports}))
            risks.append(risky(one, ports, holders))
    wrong, risks = list(filter(None, wrong)), list(filter(None, risks))
    wanted = [f"{port} ({service})" for service, port in published]
    wanted += [f"one of {_span(ports)} ({one.name})" for one in services for ports in one.ranges]
    expect(
        not wrong and not risks,
        found=_joined("; ", wrong or risks) or "all free or ours",
        expected=f"for this stack: {_joined(', ', wanted) or 'no port'}",
        severity="warning" if risks and not wrong else None,
    )


@pytest.mark.check(
    "ports.privileged",
    reason="A rootless engine may not bind the low ports: the start fails halfway, as with a port in use.",
    fix="Publish a higher port behind a proxy, or lower the limit on the target: "
    "`sudo sysctl net.ipv4.ip_unprivileged_port_start=80`, and the same in /etc/sysctl.d.",
)
def test_ports_privileged(host: Host, model: Model, expect: Callable[..., None]) -> None:
    """The engine is allowed to bind every published port."""
    if not host.engine.rootless:
        pytest.skip("the engine runs as root and may bind every port")
    lowest = host.engine.info.lowest_port
    wrong = [
        f"{port} for {one.name}"
        for one in publishing(model)
        for port in (*one.ports, *(ports[0] for ports in one.ranges))
        if 0 < port.published < lowest
    ]
    expect(
        not wrong,
        found=f"{'; '.join(wrong) or 'no port'} below {lowest}",
        expected=f"a rootless engine may bind ports from {lowest} on",
    )
