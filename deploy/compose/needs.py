"""What a stack asks of its host: processors, memory, devices, runtimes, log drivers, address space."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

GPU = "gpu"
BRIDGE = "bridge"
CDI = "cdi"
"""The driver of devices that the engine gives by their names, and not by what they can do."""


@dataclass(frozen=True)
class Needs:
    """What one service asks of its host; what it does not ask for is empty, or 0.

    ``cpus``, ``memory``: its limits, in processors and bytes; ``cpus_reserved``: what a swarm alone heeds.
    ``cpuset``: the processors that it is bound to, as ``0-3,7``. ``devices``: paths of the host. ``gpus``:
    the drivers from which it asks for GPUs, an empty one for whichever there is. ``logging``: the log driver.
    """

    cpus: float = 0.0
    cpus_reserved: float = 0.0
    cpuset: str = ""
    memory: int = 0
    devices: tuple[str, ...] = ()
    gpus: tuple[str, ...] = ()
    runtime: str = ""
    logging: str = ""

    @property
    def limits(self) -> bool:
        """Whether it limits or reserves processors, or limits memory."""
        return bool(self.cpus or self.cpus_reserved or self.cpuset or self.memory)

    @property
    def highest_cpu(self) -> int:
        """The highest number of a processor that it is bound to, -1 where it is bound to none."""
        numbers = [number for part in self.cpuset.split(",") for number in part.strip().split("-")]
        return max((int(number) for number in numbers if number.isdecimal()), default=-1)


def needs(raw: dict[str, Any]) -> Needs:
    """Return what a service of the resolved model asks of its host; ValueError, TypeError for no model."""
    resources = (raw.get("deploy") or {}).get("resources") or {}
    limits, reserved = resources.get("limits") or {}, resources.get("reservations") or {}
    return Needs(
        cpus=float(limits.get("cpus") or raw.get("cpus") or 0),
        cpus_reserved=float(reserved.get("cpus") or 0),
        cpuset=str(raw.get("cpuset") or ""),
        memory=int(limits.get("memory") or raw.get("mem_limit") or 0),
        devices=tuple(dict.fromkeys(_devices(raw.get("devices") or []))),
        gpus=tuple(dict.fromkeys(_gpus(raw.get("gpus") or [], reserved.get("devices") or []))),
        runtime=str(raw.get("runtime") or ""),
        logging=str((raw.get("logging") or {}).get("driver") or ""),
    )


def _devices(given: list[Any]) -> Iterator[str]:
    for one in given:
        # Compose wrote them as text before 2.31; what is no path is a name that the engine looks up (CDI).
        source = one["source"] if isinstance(one, dict) else str(one).partition(":")[0]
        if source.startswith("/"):
            yield source


def _gpus(gpus: list[dict[str, Any]], devices: list[dict[str, Any]]) -> Iterator[str]:
    for one in [*gpus, *(one for one in devices if GPU in (one.get("capabilities") or []))]:
        if one.get("driver") != CDI:
            yield str(one.get("driver") or "")


def subnets_of(
    names: Mapping[str, str], outside: Collection[str], given: dict[str, Any]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the subnets that the bridge networks of a model are given, by their real names.

    Left out are those ``outside``, which Compose does not make, and those of other drivers: a macvlan has the
    subnet of the network beside the host on purpose, and overlay networks have an address space of their own.
    """
    for key, value in given.items():
        if (value or {}).get("driver", BRIDGE) != BRIDGE:
            continue
        pools = ((value or {}).get("ipam") or {}).get("config") or []
        found = tuple(str(pool["subnet"]) for pool in pools if pool.get("subnet"))
        if found and names[key] not in outside:
            yield names[key], found
