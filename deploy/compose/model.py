"""The resolved compose model: what ``docker compose config --format json`` says, read into plain records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from gonogo.deploy.compose import image_name
from gonogo.deploy.compose.contents import Content, contents
from gonogo.deploy.compose.needs import subnets_of
from gonogo.deploy.compose.service import Mount, Port, Service, read
from gonogo.deploy.errors import GonogoError

ONE_SHOT, HEALTHY = "service_completed_successfully", "service_healthy"
GIVEN = ("secret", "config")


@dataclass(frozen=True)
class Given:
    """A secret or a config that services are given: ``kind`` says which.

    Its content is that of a ``file``, or the value of the variable ``environment``; it is in the compose file
    itself where both are empty. ``external``: only a swarm has it.
    """

    kind: str
    key: str
    services: tuple[str, ...]
    file: str = ""
    environment: str = ""
    external: bool = False


@dataclass(frozen=True)
class Model:
    """A resolved stack: project name, services by name, and the real names of its volumes by their keys.

    ``external_volumes``: the real names of those that Compose expects to exist. ``networks`` and
    ``external_networks``: the same of networks. ``given``: the secrets and configs that services use.
    ``contents``: what is a file of the target for them, or copied into their containers. ``definitions``: of
    the networks that Compose makes, by their real names; ``subnets``: those of bridge networks among them;
    ``stores``: definitions of the volumes that Compose makes, by their real names.
    """

    name: str
    services: dict[str, Service]
    volumes: dict[str, str]
    external_volumes: frozenset[str] = frozenset()
    networks: dict[str, str] = field(default_factory=dict)
    external_networks: frozenset[str] = frozenset()
    given: tuple[Given, ...] = ()
    contents: tuple[Content, ...] = ()
    definitions: dict[str, dict[str, Any]] = field(default_factory=dict)
    subnets: dict[str, tuple[str, ...]] = field(default_factory=dict)
    stores: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def from_json(cls, text: str) -> Model:
        """Return the model that Compose printed; raises GonogoError for anything else."""
        try:
            raw = unescaped(json.loads(text))
            name = raw["name"]
            services = {key: read(name, key, value) for key, value in (raw.get("services") or {}).items()}
            services = _sharing(services)
            volumes, outside = _named(name, raw.get("volumes") or {})
            networks, others = _named(name, raw.get("networks") or {})
            given = tuple(one for kind in GIVEN for one in _given(kind, raw))
            laid = tuple(contents(raw))
            own = _own(networks, others, raw.get("networks") or {})
            stores = _own(volumes, outside, raw.get("volumes") or {})
            subnets = dict(subnets_of(networks, others, raw.get("networks") or {}))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise GonogoError(
                f"docker compose config printed no model that can be read ({type(error).__name__}: {error}); "
                "run it by hand on the target to see what it says"
            ) from None
        return cls(name, services, volumes, outside, networks, others, given, laid, own, subnets, stores)

    @property
    def words(self) -> set[str]:
        """Names and paths of the stack, none of which is a secret."""
        found = {self.name, *self.services, *self.volumes, *self.volumes.values(), *self.networks.values()}
        for service in self.services.values():
            found |= {service.image, service.container_name, *service.aliases, *service.environment}
            found.add(f"{self.name}-{service.name}")
            found |= {path for mount in service.mounts for path in (mount.source, mount.target)}
        return found

    @property
    def given_files(self) -> list[str]:
        """The files of the target that services are given as secrets and configs, sorted."""
        return sorted({one.file for one in self.given if one.file})

    def users(self, network: str) -> list[str]:
        """Return the services that are in a network, by its real name, sorted."""
        keys = {key for key, name in self.networks.items() if name == network}
        return sorted(name for name, service in self.services.items() if keys & {*service.networks})

    @property
    def devices(self) -> list[str]:
        """The devices of the host that services are given, by their paths, sorted."""
        return sorted({path for service in self.services.values() for path in service.needs.devices})

    def volume_of(self, mount: Mount) -> str:
        """Return the real name of the volume that a mount uses; empty for binds, tmpfs, anonymous volumes."""
        return self.volumes.get(mount.source, mount.source) if mount.type == "volume" else ""

    def mounting(self, volume: str) -> list[str]:
        """Return the services that mount a volume, by its real name, sorted."""
        return sorted(s.name for s in self.services.values() if volume in map(self.volume_of, s.mounts))

    def order(self) -> list[str]:
        """Return the service names, each after those that it depends on; raises GonogoError on a circle."""
        done: list[str] = []
        pending = dict(self.services)
        while pending:
            ready = sorted(n for n, s in pending.items() if not (set(s.depends_on) & set(pending)))
            if not ready:
                raise GonogoError(
                    f"the services {', '.join(sorted(pending))} depend on each other in a circle"
                )
            done += ready
            for name in ready:
                del pending[name]
        return done

    def built(self) -> list[str]:
        """Return the names of the services that run what a ``build`` section makes, theirs or another's."""
        return sorted(name for name, service in self.services.items() if service.build is not None)

    def one_shots(self) -> set[str]:
        """Return the services that others wait for to complete: they end, and are not expected to run."""
        return {
            name
            for service in self.services.values()
            for name, condition in service.depends_on.items()
            if condition == ONE_SHOT
        }

    def published(self) -> list[tuple[str, Port]]:
        """Return (service, port) for every port with a fixed number on the host."""
        return [(s.name, p) for s in self.services.values() for p in s.ports if p.published]


def unescaped(value: Any) -> Any:
    """Return what Compose printed with each ``$`` once: it doubles them, so that it can read it again."""
    if isinstance(value, str):
        return value.replace("$$", "$")
    if isinstance(value, list):
        return [unescaped(item) for item in value]
    if isinstance(value, dict):
        return {key: unescaped(item) for key, item in value.items()}
    return value


def _named(project: str, given: dict[str, Any]) -> tuple[dict[str, str], frozenset[str]]:
    """Return the real names of volumes or networks by their keys, and those that Compose does not make."""
    names = {key: (value or {}).get("name") or f"{project}_{key}" for key, value in given.items()}
    return names, frozenset(names[key] for key, value in given.items() if (value or {}).get("external"))


def _own(names: dict[str, str], outside: frozenset[str], given: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the definitions of the volumes or networks that Compose makes, by their real names."""
    found = {names[key]: value or {} for key, value in given.items()}
    return {name: one for name, one in found.items() if name not in outside}


def _given(kind: str, raw: dict[str, Any]) -> Iterator[Given]:
    users: dict[str, list[str]] = {}
    for name, service in (raw.get("services") or {}).items():
        for one in service.get(f"{kind}s") or []:
            users.setdefault(one if isinstance(one, str) else one["source"], []).append(name)
    for key, value in (raw.get(f"{kind}s") or {}).items():
        what = value or {}
        if key in users:
            place = what.get("file") or "", what.get("environment") or ""
            yield Given(kind, key, tuple(sorted(users[key])), *place, external=bool(what.get("external")))


def _sharing(services: dict[str, Service]) -> dict[str, Service]:
    """Return the services; one without ``build`` has that of the service that builds the image it names."""
    built = {name: service for name, service in services.items() if service.build is not None}
    makers = {image_name.split(service.image): service.build for service in built.values()}
    return {
        name: built.get(name) or replace(service, build=makers.get(image_name.split(service.image)))
        for name, service in services.items()
    }
