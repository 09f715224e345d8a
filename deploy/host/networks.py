"""The networks of a host, with Compose's labels on them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.docker import unreachable
from gonogo.deploy.host.noun import Noun

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


def parse(text: str) -> list[Network]:
    """Return the networks that COMMAND printed, one a line."""
    return [Network(**json.loads(line)) for line in text.split("\n") if line.startswith("{")]
