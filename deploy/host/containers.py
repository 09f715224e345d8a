"""The containers of a host, and those of one Compose project."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable

from gonogo.deploy.connection import Connection, Result
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.container import FORM, GIVEN, LABELS, Container, Given, parse, parse_given
from gonogo.deploy.host.docker import refusal
from gonogo.deploy.host.noun import Noun

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


class Project(Noun):
    """A Compose project on a host.

    >>> [one.service for one in host.project("shop").containers]
    ['api', 'db']
    """

    @property
    def containers(self) -> list[Container]:
        """Its containers, stopped ones too, without the one-off ones of ``docker compose run``."""
        (name,) = self._names
        return of_project(self._host.containers.all, name)


def containers(connection: Connection, ids: Collection[str] = ()) -> list[Container]:
    """Return all containers of the host, stopped ones too; raises Unknown when docker refuses.

    ``ids``: only these, without those that are gone.
    """
    result = connection.run(f"{INSPECT} {shlex.join(ids)}" if ids else COMMAND)
    if not result.ok and not _vanished(result):
        raise refusal(connection.host, result)
    return parse(result.text)


def given(connection: Connection, project: str) -> dict[str, Given]:
    """Return what the containers of a project were made with, by service; raises Unknown."""
    labels = (f"{LABELS}.project={project}", f"{LABELS}.oneoff=False")
    chosen = " ".join(f"--filter label={shlex.quote(label)}" for label in labels)
    result = connection.run(
        f'ids=$(docker ps -aq --no-trunc {chosen}) && {{ [ -z "$ids" ] || '
        f"docker inspect --type container --format '{GIVEN}' $ids; }}",
        private=True,
    )
    if not result.ok and not _vanished(result):
        raise refusal(connection.host, result)
    return parse_given(result.text)


def of_project(found: Iterable[Container], project: str) -> list[Container]:
    """Return those of one Compose project, without the one-off containers of ``docker compose run``."""
    return [one for one in found if one.project == project and not one.oneoff]


def _vanished(result: Result) -> bool:
    # A container may be removed between the two questions; any other word of docker means that it failed.
    words = [line for line in result.error_text.splitlines() if line.strip()]
    return bool(words) and all("No such container" in line for line in words)
