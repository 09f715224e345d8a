"""The containers of a host."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Sequence

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host import inspection, logs
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.container import FORM, Container, parse
from gonogo.deploy.host.docker import unreachable
from gonogo.deploy.host.logs import Log
from gonogo.deploy.host.noun import Noun
from gonogo.deploy.ssh.connection import Connection, Result

INSPECT = f"docker inspect --type container --format '{FORM}'"
COMMAND = f'ids=$(docker ps -aq --no-trunc) && {{ [ -z "$ids" ] || {INSPECT} $ids; }}'


class Containers(Noun):
    """The containers of a host, stopped ones too.

    >>> [one.name for one in host.containers.all]
    ['shop-api-1', 'shop-db-1', 'proxy']
    """

    @asked("docker.healthy")
    def all(self) -> list[Container]:
        """All containers; raises Unknown when docker refuses."""
        return containers(self.connection)

    def refresh(self) -> None:
        """Forget what is known of them and of the projects that they belong to: something changed."""
        super().refresh()
        self._host.forget("project")

    def log(self, container: Container, since: str) -> Log | None:
        """Return the last lines that a container logged since a moment, asked live; see ``logs.log``."""
        return logs.log(self.connection, container, since)

    def inspected(self, found: Sequence[Container]) -> dict[str, str]:
        """Return ``docker inspect`` of each container by name, without secrets, asked live."""
        return inspection.inspected(self.connection, found, self._host.redactor)


def containers(connection: Connection, ids: Collection[str] = ()) -> list[Container]:
    """Return all containers of the host, stopped ones too; raises Unknown when docker refuses.

    Raises GonogoError for what no engine answers. ``ids``: only these, without those that are gone.
    """
    result = connection.run(f"{INSPECT} {shlex.join(ids)}" if ids else COMMAND)
    if not result.ok and not vanished(result):
        raise unreachable(connection.host, result)
    try:
        return parse(result.text)
    except ValueError as error:
        told = f"what docker says of the containers cannot be read: {error}"
        raise GonogoError(f"{connection.host}: {told}") from None


def of_project(found: Iterable[Container], project: str) -> list[Container]:
    """Return those of one Compose project, without the one-off containers of ``docker compose run``."""
    return [container for container in found if container.project == project and not container.oneoff]


def vanished(result: Result) -> bool:
    """Return whether docker failed only because containers are gone."""
    # A container may be removed between the two questions; any other word of docker means that it failed.
    words = [line for line in result.error_text.splitlines() if line.strip()]
    return bool(words) and all("No such container" in line for line in words)
