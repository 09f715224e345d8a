"""Which Docker Compose a host has."""

from __future__ import annotations

from gonogo.deploy.errors import Unknown, cause, remedy
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.docker import missing, podman, unreachable, version
from gonogo.deploy.host.noun import Noun

COMMAND = "docker compose version --short"
INSTALL = (
    "install the Compose v2 plugin (the package docker-compose-plugin), the old `docker-compose` will not do"
)


class Compose(Noun):
    """The Compose plugin of a host's Docker.

    >>> host.compose.version
    '2.27.2'
    """

    @asked("docker.compose")
    def version(self) -> str:
        """The version of ``docker compose``; raises Unknown when there is none."""
        result = self.connection.run(COMMAND)
        if missing(result):
            raise unreachable(self.machine, result)
        if not result.ok or not version(result.text):
            line = cause(result.error_text, result.text)
            raise podman(self.connection, result) or Unknown(
                "docker.compose",
                f"{self.machine}: `docker compose` does not work there ({line})",
                remedy(line) or INSTALL,
            )
        return result.text.strip().removeprefix("v")
