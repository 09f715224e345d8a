"""A port of a host, and who holds it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from gonogo.deploy.compose import service
from gonogo.deploy.host.container import Container
from gonogo.deploy.host.noun import Noun
from gonogo.deploy.host.sockets import Listener, clashes, overlaps

WRITTEN = re.compile(r"(?:(\*|[\d.]+|\[[^\]]*\]):)?(\d+)/(\w+)")
Holder = Container | Listener


class Port(Noun):
    """A port of a host, on one address or on all: ``80/tcp``, ``127.0.0.1:80/tcp``, ``[::1]:80/tcp``.

    >>> host.port("6380/tcp").holder.name
    'copilotos-prod-redis'
    """

    @property
    def holders(self) -> list[Holder]:
        """Who holds it: running containers first, then listeners that are no container.

        Raises ValueError for a port that is written otherwise.
        """
        (written,) = self._names
        return self._host.holders.of(parse(written))

    @property
    def holder(self) -> Holder | None:
        """The first of its holders; None where it is free."""
        return next(iter(self.holders), None)


class Holders:
    """Who holds the ports of a host. Looked up by number, since a service may publish thousands."""

    def __init__(self, containers: Iterable[Container], listeners: Iterable[Listener]) -> None:
        self._bound: defaultdict[tuple[int, str], list[tuple[Container, service.Port]]] = defaultdict(list)
        self._listeners: defaultdict[tuple[int, str], list[Listener]] = defaultdict(list)
        for container in containers:
            for port in dict.fromkeys((*container.ports, *container.bound)) if container.running else ():
                self._bound[port.published, port.protocol].append((container, port))
        for listener in listeners:
            self._listeners[listener.port, listener.protocol].append(listener)

    def of(self, port: service.Port) -> list[Holder]:
        """Return who keeps ``port`` from being published; a container's own listeners are not named too."""
        number = (port.published, port.protocol)
        known = self._bound.get(number, ())
        bound = [(container, own) for container, own in known if overlaps(port.host_ip, own.host_ip)]
        processes = [
            listener
            for listener in self._listeners.get(number, ())
            if clashes(port, listener) and not any(clashes(own, listener) for _, own in bound)
        ]
        return [*{container.id: container for container, _ in bound}.values(), *processes]


def parse(written: str) -> service.Port:
    """Return a port that is written as ``str`` writes one, or without an address; raises ValueError."""
    match = WRITTEN.fullmatch(written)
    if not match:
        raise ValueError(f"{written!r} is no port: write it as in 80/tcp or 127.0.0.1:80/tcp")
    address = (match[1] or "").strip("[]").removeprefix("*")
    return service.Port(address, int(match[2]), 0, match[3])
