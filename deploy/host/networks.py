"""The networks of a host, with Compose's labels on them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.docker import unreachable
from gonogo.deploy.host.inspection import rows
from gonogo.deploy.host.noun import Noun
from gonogo.deploy.ssh.connection import Connection

COMMAND = (
    "docker network ls --no-trunc --format "
    """'{"name":{{json .Name}},"driver":{{json .Driver}},"""
    """"project":{{json (.Label "com.docker.compose.project")}}}'"""
)


@dataclass(frozen=True)
class Network:
    """One network: its name, its driver such as ``bridge``, and the Compose project that made it."""

    name: str
    driver: str = "bridge"
    project: str = ""


class Networks(Noun):
    """The networks of a host.

    >>> [one.name for one in host.networks.all]
    ['bridge', 'host', 'none', 'shop_default']
    """

    @asked("networks.exist")
    def all(self) -> list[Network]:
        """All networks; raises Unknown when docker refuses."""
        result = self.connection.run(COMMAND)
        if not result.ok:
            raise unreachable(self.machine, result)
        return parse(result.text)


def inspected(connection: Connection, names: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return what the engine says of networks, by name; those that are not there are left out.

    Raises Unknown when docker refuses. Labels may hold secrets, so the transcript keeps the size alone.
    """
    if not names:
        return {}
    result = connection.run(f"docker network inspect {shlex.join(sorted(names))}", private=True)
    if not result.ok and not _absent(result.error_text):
        raise unreachable(connection.host, result)
    return {row["Name"]: row for row in rows(result.text) if row.get("Name") in names}


def _absent(text: str) -> bool:
    lines = [line for line in text.splitlines() if line.strip()]
    return bool(lines) and all("No such network" in line or "not found" in line for line in lines)


def remove(connection: Connection, name: str) -> None:
    """Remove a network; raises GonogoError with the engine's words."""
    connection.check(f"docker network rm {shlex.quote(name)}", mutates=True)


def parse(text: str) -> list[Network]:
    """Return the networks that COMMAND printed, one a line."""
    return [Network(**json.loads(line)) for line in text.split("\n") if line.startswith("{")]
