"""The networks of a host, with Compose's labels on them, and its routes."""

from __future__ import annotations

import ipaddress
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.docker import unreachable
from gonogo.deploy.host.noun import Noun
from gonogo.deploy.ssh.connection import Connection

FORM = (
    '{"name":{{json .Name}},"driver":{{json .Driver}},'
    '"subnets":"{{range .IPAM.Config}}{{.Subnet}} {{end}}",'
    '"project":{{json (index .Labels "com.docker.compose.project")}}}'
)
COMMAND = (
    'ids=$(docker network ls -q --no-trunc) && { [ -z "$ids" ] || '
    f"printf '%s\\n' \"$ids\" | xargs docker network inspect --format '{FORM}'; }}"
)
GONE = re.compile(r"no such network|network \S+ not found", re.IGNORECASE)
ROUTES = "cat /proc/net/route"
"""What route(8) reads: a row for each route, addresses in hexadecimal, the last byte first."""


@dataclass(frozen=True)
class Network:
    """One network: its name, its driver such as ``bridge``, its subnets, and the project that made it."""

    name: str
    driver: str = "bridge"
    project: str = ""
    subnets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Route:
    """A route of a host, the default route left out: where it leads, such as ``10.8.0.0/16``, and by what."""

    subnet: str
    device: str


class Networks(Noun):
    """The networks of a host.

    >>> [one.name for one in host.networks.all]
    ['bridge', 'host', 'none', 'shop_default']
    """

    @asked("networks.exist")
    def all(self) -> list[Network]:
        """All networks; raises Unknown when docker refuses."""
        result = self.connection.run(COMMAND)
        words = [line for line in result.error_text.splitlines() if line.strip()]
        # One may be removed between the two questions; any other word of docker means that it failed.
        vanished = bool(words) and all(GONE.search(line) for line in words)
        if not result.ok and not vanished:
            raise unreachable(self.machine, result)
        return parse(result.text)

    @asked("networks.address_space")
    def routes(self) -> list[Route]:
        """The routes of IPv4 but the default one; empty where the host does not tell them."""
        return list(parse_routes(self.connection.run(ROUTES).text))


def remove(connection: Connection, name: str) -> None:
    """Remove a network; raises GonogoError with the engine's words."""
    connection.check(f"docker network rm -- {shlex.quote(name)}", mutates=True)


def parse(text: str) -> list[Network]:
    """Return the networks that COMMAND printed, one a line."""
    rows = [json.loads(line) for line in text.split("\n") if line.startswith("{")]
    return [
        Network(row["name"], row["driver"], row["project"] or "", tuple(row["subnets"].split()))
        for row in rows
    ]


def parse_routes(text: str) -> Iterator[Route]:
    """Yield the routes that ROUTES printed."""
    for line in text.splitlines()[1:]:
        words = line.split()
        if len(words) > 7 and re.fullmatch("[0-9A-F]{8} [0-9A-F]{8}", f"{words[1]} {words[7]}"):
            bits = int(words[7], 16).bit_count()
            if bits:
                address = ipaddress.IPv4Address(bytes.fromhex(words[1])[::-1])
                yield Route(f"{address}/{bits}", words[0])
