"""Whether the ports that the release publishes are free, or held by what it replaces."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from deploy.facts import Facts
from deploy.model import Model, Port
from deploy.probes.containers import Container
from deploy.probes.listeners import Listener, clashes, overlaps


def _same(one: Port, other: Port) -> bool:
    number = one.published == other.published and one.protocol == other.protocol
    return number and overlaps(one.host_ip, other.host_ip)


def holder(service: str, port: Port, project: str, found: list[Container], listeners: list[Listener]) -> str:
    """Return who keeps ``service`` from publishing ``port``; empty when nobody does.

    The container of this very service in this project is what the release replaces, so it is no hindrance.
    """
    held = [c for c in found if c.running and any(_same(port, mine) for mine in c.ports)]
    for one in held:
        if (one.project, one.service) != (project, service):
            whose = f" of the project {one.project}" if one.project else ""
            return f"the container {one.name}{whose}"
    ours = [mine for one in held for mine in one.ports]
    for listener in listeners:
        if clashes(port, listener) and not any(clashes(mine, listener) for mine in ours):
            return listener.process or f"a process that listens on {listener} and is no container"
    return ""


def twice(published: list[tuple[str, Port]]) -> list[str]:
    """Return a sentence for each port that two services of the model publish."""
    return [
        f"{port} is published by {name} and by {other}"
        for index, (name, port) in enumerate(published)
        for other, second in published[:index]
        if other != name and _same(port, second)
    ]


@pytest.mark.check(
    "ports.free",
    reason="D3: a port held by another stack fails the start halfway, with containers left behind.",
    fix="Stop the holder, or publish another port in the compose file.",
)
def test_ports_free(facts: Facts, model: Model, expect: Callable[..., None]) -> None:
    """Every published port is free, or held by the container that this release replaces."""
    published = model.published()
    wrong = twice(published)
    for service, port in published:
        who = holder(service, port, model.name, facts.containers, facts.listeners)
        wrong += [f"{port} for {service} is held by {who}"] if who else []
    wanted = ", ".join(f"{port} ({service})" for service, port in published) or "no port"
    expect(not wrong, found="; ".join(wrong) or "all free or ours", expected=f"for this stack: {wanted}")
