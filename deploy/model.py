"""The resolved compose model: what ``docker compose config --format json`` says, read into plain records."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from deploy.errors import GonogoError

ONE_SHOT = "service_completed_successfully"
SPACES = ("network_mode", "ipc", "pid")
OF = "service:"


@dataclass(frozen=True)
class Port:
    """A port that a service publishes; ``published`` is 0 when the engine chooses one."""

    host_ip: str
    published: int
    target: int
    protocol: str

    def __str__(self) -> str:
        host = f"[{self.host_ip}]" if ":" in self.host_ip else self.host_ip or "*"
        return f"{host}:{self.published}/{self.protocol}"


@dataclass(frozen=True)
class Mount:
    """Something mounted at ``target``: a named volume, a bind mount, an anonymous volume, tmpfs."""

    type: str
    source: str
    target: str
    read_only: bool = False


@dataclass(frozen=True)
class Service:
    """One service of the model; ``image`` is the name that Compose will run.

    ``ranges``: of each of them the engine chooses one port that is free. ``modes``: what of another service's
    container its own are made with, such as ``network_mode``, and that service; ``volumes_from``: whose
    volumes they mount.
    """

    name: str
    image: str
    build: dict[str, Any] | None = None
    environment: dict[str, str] = field(default_factory=dict)
    ports: tuple[Port, ...] = ()
    ranges: tuple[tuple[Port, ...], ...] = ()
    mounts: tuple[Mount, ...] = ()
    has_healthcheck: bool = False
    depends_on: dict[str, str] = field(default_factory=dict)
    container_name: str = ""
    network_mode: str = ""
    scale: int = 1
    restart: str = ""
    modes: tuple[tuple[str, str], ...] = ()
    volumes_from: tuple[str, ...] = ()

    @property
    def joins(self) -> set[str]:
        """The services without whose containers its own cannot be, and with which they are made anew."""
        return {other for _, other in self.modes} | set(self.volumes_from)


@dataclass(frozen=True)
class Model:
    """A resolved stack: project name, services by name, and the real names of its volumes."""

    name: str
    services: dict[str, Service]
    volumes: dict[str, str]

    @classmethod
    def from_json(cls, text: str) -> Model:
        """Return the model that Compose printed; raises GonogoError for anything else."""
        try:
            raw = _unescape(json.loads(text))
            name = raw["name"]
            services = {key: _service(name, key, value) for key, value in (raw.get("services") or {}).items()}
            volumes = {
                key: (value or {}).get("name") or f"{name}_{key}"
                for key, value in (raw.get("volumes") or {}).items()
            }
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise GonogoError(
                f"docker compose config printed no model that can be read ({type(error).__name__}: {error}); "
                "run it by hand on the target to see what it says"
            ) from None
        return cls(name, services, volumes)

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
        """Return the names of the services that have a ``build`` section."""
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


def _unescape(value: Any) -> Any:
    """Compose doubles ``$`` in what it prints, so that its output can be its input again."""
    if isinstance(value, str):
        return value.replace("$$", "$")
    if isinstance(value, list):
        return [_unescape(item) for item in value]
    if isinstance(value, dict):
        return {key: _unescape(item) for key, item in value.items()}
    return value


def _service(project: str, name: str, raw: dict[str, Any]) -> Service:
    environment = {k: "" if v is None else str(v) for k, v in (raw.get("environment") or {}).items()}
    depends = {k: (v or {}).get("condition", "") for k, v in (raw.get("depends_on") or {}).items()}
    health = raw.get("healthcheck") or {}
    ports = [_ports(item) for item in raw.get("ports") or []]
    spaces = {mode: str(raw.get(mode) or "") for mode in SPACES}
    deploy = raw.get("deploy") or {}
    return Service(
        name=name,
        image=raw.get("image") or f"{project}-{name}",
        build=raw.get("build"),
        environment=environment,
        ports=tuple(found[0] for found in ports if len(found) == 1),
        ranges=tuple(found for found in ports if len(found) > 1),
        mounts=tuple(_mount(item) for item in raw.get("volumes") or []),
        has_healthcheck=bool(health) and not health.get("disable") and health.get("test") != ["NONE"],
        depends_on=depends,
        container_name=raw.get("container_name") or "",
        network_mode=raw.get("network_mode") or "",
        scale=int(raw.get("scale", deploy.get("replicas", 1))),
        restart=raw.get("restart") or "",
        modes=tuple((mode, to[len(OF) :]) for mode, to in spaces.items() if to.startswith(OF)),
        volumes_from=_sources(raw.get("volumes_from") or []),
    )


def _sources(given: list[str]) -> tuple[str, ...]:
    return tuple(text.partition(":")[0] for text in given if not text.startswith("container:"))


def _ports(raw: dict[str, Any]) -> tuple[Port, ...]:
    published = str(raw.get("published") or "0")
    first, _, last = published.partition("-")
    numbers = range(int(first), int(last or first) + 1)
    base = raw.get("host_ip") or "", int(raw["target"]), raw.get("protocol") or "tcp"
    return tuple(Port(base[0], number, base[1], base[2]) for number in numbers)


def _mount(raw: dict[str, Any]) -> Mount:
    return Mount(
        raw.get("type") or "volume", raw.get("source") or "", raw["target"], bool(raw.get("read_only"))
    )
