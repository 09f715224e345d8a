"""Where a MongoDB answers, as the target sees it: a container of the stack, or a host outside it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.container import Container

if TYPE_CHECKING:
    from gonogo.deploy.release.release import Release

PORT = 27017
SHORT_ID = 12
"""The length of the id that Docker gives a container as its host name."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Unanswered(GonogoError):
    """Nobody answered at an address."""


@dataclass(frozen=True)
class Address:
    """A host and a port that the target can connect to.

    ``told``: the place in a message, such as ``in chat-mongodb``. ``names``: under which its clients know the
    server, so that its certificate must be valid for one of them.
    """

    host: str
    port: int
    told: str
    names: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its name without a preposition."""
        return self.told.partition(" ")[2]


def of_container(container: Container, port: int = PORT, names: Iterable[str] = ()) -> Address:
    """Return where a container's MongoDB answers; raises GonogoError for one without an address.

    ``names``: what it is called beyond its service and its own name.
    """
    if not container.addresses:
        raise GonogoError(f"{container.name} has no address in any network: gonogo cannot reach its MongoDB")
    known = (*names, container.service, container.name, *container.addresses)
    known = tuple(dict.fromkeys(name for name in known if name))
    return Address(container.addresses[0], port, f"in {container.name}", known)


def of_host(host: str, port: int) -> Address:
    """Return where a MongoDB outside the stack answers."""
    return Address(host, port, f"at {shown(host, port)}", (host,))


def of_name(release: Release, host: str, port: int, beside: Address | None = None) -> Address:
    """Return where ``host:port`` leads, a name that Docker's DNS gives a container of the project included.

    A member of a replica set goes by the name that its set was initiated with, and a connection string by
    what the application resolves: mostly a Compose service. ``beside``: the member that said the name, whose
    own loopback it may mean. Raises GonogoError as ``of_container`` does. A container that does not run is
    named as such: another member may answer.
    """
    if beside is not None and host in LOOPBACK:
        return Address(beside.host, port, f"{beside.told}, port {port}", (host, *beside.names))
    container = named(release, host)
    if container is not None:
        return of_container(container, port, [host])
    ended = next((one for one in release.running if host in (one.service, one.name)), None)
    if ended is not None:
        return Address(host, port, f"in {ended.name} ({ended.status})", (host, ended.name))
    return of_host(host, port)


def named(release: Release, host: str) -> Container | None:
    """Return the running container of the project that ``host`` names; None where it names none."""
    running = [container for container in release.running if container.running]
    containers = [
        container
        for container in running
        if host in (container.service, container.name, *container.addresses)
    ]
    containers += [
        container for container in running if len(host) >= SHORT_ID and container.id.startswith(host)
    ]
    if containers:
        return containers[0]
    services: list[str] = []
    with contextlib.suppress(GonogoError):
        services = [
            service.name
            for service in release.model.services.values()
            if host in (*service.aliases, service.container_name)
        ]
    return next((container for container in running if container.service in services), None)


def shown(host: str, port: int) -> str:
    """Return ``host:port``, an IPv6 address within brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
