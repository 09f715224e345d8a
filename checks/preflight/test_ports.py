"""Whether the ports that the release publishes are free, or held by what it replaces."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from deploy.facts import Facts
from deploy.model import Model, Port, Service
from deploy.probes.containers import Container
from deploy.probes.listeners import Listener, clashes, overlaps

HOST = "host"


def _same(one: Port, other: Port) -> bool:
    number = one.published == other.published and one.protocol == other.protocol
    return number and overlaps(one.host_ip, other.host_ip)


def _held_by(one: Container) -> tuple[Port, ...]:
    return (*one.ports, *one.bound) if one.running else ()


def holder(service: str, port: Port, project: str, found: list[Container], listeners: list[Listener]) -> str:
    """Return who keeps ``service`` from publishing ``port``; empty when nobody does.

    The container of this very service in this project is what the release replaces, so it is no hindrance.
    """
    held = [c for c in found if any(_same(port, mine) for mine in _held_by(c))]
    for one in held:
        if (one.project, one.service) != (project, service):
            whose = f" of the project {one.project}" if one.project else ""
            return f"the container {one.name}{whose}"
    ours = [mine for one in held for mine in _held_by(one)]
    for listener in listeners:
        if clashes(port, listener) and not any(clashes(mine, listener) for mine in ours):
            return listener.told
    return ""


def publishing(model: Model) -> list[Service]:
    """Return the services whose ports Docker publishes: with the host's network, it publishes none."""
    return [one for one in model.services.values() if one.network_mode != HOST]


def twice(published: list[tuple[str, Port]]) -> list[str]:
    """Return a sentence for each port that two services of the model publish."""
    return [
        f"{port} is published by {name} and by {other}"
        for index, (name, port) in enumerate(published)
        for other, second in published[:index]
        if other != name and _same(port, second)
    ]


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


def risky(service: Service, held: dict[Port, str], listeners: list[Listener]) -> str:
    """Return a sentence where a process holds a port of a range, though others are free.

    An engine knows the ports of its own containers alone. The next one that none of these has is the one it
    chooses, and many engines do not try another when that fails.
    """
    taken = [port for port, who in held.items() if who and any(who == one.told for one in listeners)]
    if not taken:
        return ""
    return (
        f"{_span(held)} for {service.name} has {taken[0]} held by {held[taken[0]]}: the engine may choose it"
    )


def _span(ports: Iterable[Port]) -> str:
    first, *_, last = ports
    return f"{first} to {last.published}"


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
    for service, port in published:
        who = holder(service, port, model.name, facts.containers, facts.listeners)
        wrong += [f"{port} for {service} is held by {who}"] if who else []
    for one in services:
        for ports in one.ranges:
            held = {p: holder(one.name, p, model.name, facts.containers, facts.listeners) for p in ports}
            wrong.append(exhausted(one, held))
            risks.append(risky(one, held, facts.listeners))
    wrong, risks = list(filter(None, wrong)), list(filter(None, risks))
    wanted = [f"{port} ({service})" for service, port in published]
    wanted += [f"one of {_span(ports)} ({one.name})" for one in services for ports in one.ranges]
    expect(
        not wrong and not risks,
        found="; ".join(wrong or risks) or "all free or ours",
        expected=f"for this stack: {', '.join(wanted) or 'no port'}",
        severity="warning" if risks and not wrong else None,
    )


@pytest.mark.check(
    "ports.privileged",
    reason="A rootless engine may not bind the low ports: the start fails halfway, as with a port in use.",
    fix="Publish a higher port behind a proxy, or lower the limit on the target: "
    "`sudo sysctl net.ipv4.ip_unprivileged_port_start=80`, and the same in /etc/sysctl.d.",
)
def test_ports_privileged(facts: Facts, model: Model, expect: Callable[..., None]) -> None:
    """The engine is allowed to bind every published port."""
    if not facts.engine.rootless:
        pytest.skip("the engine runs as root and may bind every port")
    lowest = facts.engine.lowest_port
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
