"""How what runs differs from what its release says: variables by name alone, mounts, ports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from gonogo.deploy.host.container import Container
from gonogo.deploy.model import Model, Mount, Port, Service
from gonogo.deploy.release import Release

ANY = ("", "0.0.0.0", "::")
"""How the engine writes that a port is published on every address."""
ELSEWHERE = ("host", "none", "service:", "container:")
"""How network modes begin in which a container publishes nothing itself."""


def merely_later(differing: Iterable[Container], release: Release) -> bool:
    """Return whether all containers that differ were made from the release as it was when it was recorded.

    Where such a one differs from what the release's files give now, what they read has changed since, as an
    env file does that somebody edits: the next release brings it, and this one has not failed.
    """
    found = list(differing)
    return bool(found) and all(one.hash in release.hashes.get(one.service, "").split() for one in found)


def variables(service: Service, environment: Mapping[str, str]) -> list[str]:
    """Return the names of the variables that a container lacks or has with another value than the model."""
    wanted = service.environment
    # Compose leaves out of the container what has no value, and a model cannot tell that from a blank one.
    return sorted(name for name, value in wanted.items() if environment.get(name, "") != value)


def mounts(model: Model, service: Service, one: Container) -> Iterator[str]:
    """Yield, for each mount of the model, in words, how the container differs from it."""
    there = {_plain(place): (kind, source) for kind, source, place in one.mounts}
    closed = {_plain(place) for place in one.read_only}
    for mount in service.mounts:
        place = _plain(mount.target)
        if mount.type not in ("volume", "bind"):
            continue
        if place not in there:
            yield f"{one.name} has nothing mounted at {mount.target}, instead of {_told(model, mount)}"
            continue
        kind, source = there[place]
        wanted = model.volume_of(mount) or mount.source
        if kind != mount.type or (wanted and _plain(source) != _plain(wanted)):
            yield f"{one.name} has {kind} {source} at {mount.target}, instead of {_told(model, mount)}"
        elif mount.read_only != (place in closed):
            yield f"{one.name} {'may not' if place in closed else 'may'} write to {mount.target}"


def ports(service: Service, one: Container) -> Iterator[str]:
    """Yield, for each port that is missing or that the model does not publish, a sentence."""
    if service.network_mode.startswith(ELSEWHERE):
        return
    for port in service.ports:
        if not any(_same(port, other) for other in one.bound):
            yield f"{one.name} does not publish {port} for its port {port.target}"
    for choice in service.ranges:
        if not any(_same(port, other) for port in choice for other in one.bound):
            yield f"{one.name} publishes its port {choice[0].target} on none of the range from {choice[0]} on"
    declared = [*service.ports, *(port for choice in service.ranges for port in choice)]
    for other in _each(one.bound):
        if not any(_same(port, other) for port in declared):
            yield f"{one.name} publishes {other} for its port {other.target}, which the release does not"


def _each(bound: Iterable[Port]) -> Iterator[Port]:
    """Yield ports once that are published on IPv4 and IPv6 alike."""
    seen = set()
    for port in bound:
        address = "" if port.host_ip in ANY else port.host_ip
        key = (address, port.published, port.target, port.protocol)
        if key not in seen:
            seen.add(key)
            yield Port(*key)


def _same(wanted: Port, found: Port) -> bool:
    number = wanted.published in (0, found.published)
    inside = (wanted.target, wanted.protocol) == (found.target, found.protocol)
    # An address that the model leaves open is the daemon's to choose, with its option --ip.
    return number and inside and (wanted.host_ip in ANY or wanted.host_ip == found.host_ip)


def _told(model: Model, mount: Mount) -> str:
    return f"{mount.type} {model.volume_of(mount) or mount.source}".rstrip()


def _plain(path: str) -> str:
    return str(PurePosixPath(path)) if path.startswith("/") else path
