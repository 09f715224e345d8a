"""A service of the resolved compose model, with its ports and its mounts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gonogo.deploy.compose import healthcheck
from gonogo.deploy.compose.healthcheck import Healthcheck
from gonogo.deploy.compose.needs import Needs, needs

SPACES = ("network_mode", "ipc", "pid")
OF = "service:"
ADDRESSES = {"ipv4_address", "ipv6_address"}


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
    """Something mounted at ``target``: a named volume, a bind mount, an anonymous volume, tmpfs.

    ``create_host_path``: whether Docker makes a folder, root's, where a bind's source is missing; Compose
    writes it down where it does not.
    """

    type: str
    source: str
    target: str
    read_only: bool = False
    create_host_path: bool = True


@dataclass(frozen=True)
class Service:
    """One service of the model; ``image`` is the name that Compose will run.

    ``named``: the compose file gives that name, it is not Compose's own. ``command`` and ``entrypoint`` are
    empty where the image's hold; ``memory_reservation`` is in bytes, 0 where there is none. ``aliases``:
    further names that it has in its ``networks``, whose keys these are; ``addressed``: those of them in which
    it has an address of its own. ``healthcheck``: that of the compose file; an image may bring one along.

    ``ranges``: of each of them the engine chooses one port that is free. ``modes``: what of another service's
    container its own are made with, such as ``network_mode``, and that service; ``volumes_from``: whose
    volumes they mount; ``restarts_with``: those of ``depends_on`` with ``restart: true``.
    """

    name: str
    image: str
    build: dict[str, Any] | None = None
    environment: dict[str, str] = field(default_factory=dict)
    ports: tuple[Port, ...] = ()
    ranges: tuple[tuple[Port, ...], ...] = ()
    mounts: tuple[Mount, ...] = ()
    healthcheck: Healthcheck | None = None
    depends_on: dict[str, str] = field(default_factory=dict)
    container_name: str = ""
    network_mode: str = ""
    scale: int = 1
    restart: str = ""
    modes: tuple[tuple[str, str], ...] = ()
    volumes_from: tuple[str, ...] = ()
    restarts_with: tuple[str, ...] = ()
    named: bool = True
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    user: str = ""
    platform: str = ""
    memory_reservation: int = 0
    aliases: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    addressed: tuple[str, ...] = ()
    needs: Needs = field(default_factory=Needs)

    @property
    def joins(self) -> set[str]:
        """The services without whose containers its own cannot be, and with which they are made anew."""
        return {other for _, other in self.modes} | set(self.volumes_from)

    @property
    def follows(self) -> set[str]:
        """The services with whose containers its own are made anew, or are to be started again."""
        return self.joins | set(self.restarts_with)


def read(project: str, name: str, raw: dict[str, Any]) -> Service:
    """Return a service as Compose printed it; raises what parsing of another form raises."""
    environment = {k: "" if v is None else str(v) for k, v in (raw.get("environment") or {}).items()}
    depends = {k: (v or {}).get("condition", "") for k, v in (raw.get("depends_on") or {}).items()}
    ports = [_ports(item) for item in raw.get("ports") or []]
    spaces = {mode: str(raw.get(mode) or "") for mode in SPACES}
    deploy, networks = raw.get("deploy") or {}, raw.get("networks") or {}
    return Service(
        name=name,
        image=raw.get("image") or f"{project}-{name}",
        build=raw.get("build"),
        environment=environment,
        ports=tuple(found[0] for found in ports if len(found) == 1),
        ranges=tuple(found for found in ports if len(found) > 1),
        mounts=tuple(_mount(item) for item in raw.get("volumes") or []),
        networks=tuple(networks),
        healthcheck=healthcheck.of_compose(raw.get("healthcheck")),
        depends_on=depends,
        container_name=raw.get("container_name") or "",
        network_mode=raw.get("network_mode") or "",
        scale=int(raw.get("scale", deploy.get("replicas", 1))),
        restart=raw.get("restart") or "",
        modes=tuple((mode, to[len(OF) :]) for mode, to in spaces.items() if to.startswith(OF)),
        volumes_from=_sources(raw.get("volumes_from") or []),
        restarts_with=tuple(k for k, v in (raw.get("depends_on") or {}).items() if (v or {}).get("restart")),
        named=bool(raw.get("image")),
        command=_words(raw.get("command")),
        entrypoint=_words(raw.get("entrypoint")),
        user=str(raw.get("user") or ""),
        platform=raw.get("platform") or "",
        memory_reservation=_memory(raw, deploy),
        addressed=tuple(key for key, one in networks.items() if ADDRESSES.intersection(one or {})),
        needs=needs(raw),
        aliases=tuple(
            alias for network in networks.values() for alias in (network or {}).get("aliases") or ()
        ),
    )


def _words(given: list[str] | str | None) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(str(word) for word in given or ())


def _memory(raw: dict[str, Any], deploy: dict[str, Any]) -> int:
    reserved = ((deploy.get("resources") or {}).get("reservations") or {}).get("memory")
    return int(reserved or raw.get("mem_reservation") or 0)


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
        type=raw.get("type") or "volume",
        source=raw.get("source") or "",
        target=raw["target"],
        read_only=bool(raw.get("read_only")),
        create_host_path=(raw.get("bind") or {}).get("create_host_path", True),
    )
