"""A Compose project on a host: its containers, what they were made with and what they use."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace

from gonogo.deploy.compose import databases
from gonogo.deploy.compose.client_logins import relevant
from gonogo.deploy.compose.model import Model
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.container import GIVEN, LABELS, Container, Given, parse_given
from gonogo.deploy.host.containers import of_project, vanished
from gonogo.deploy.host.docker import unreachable
from gonogo.deploy.host.images import ImageInfo, inspect, secrets_of
from gonogo.deploy.host.noun import Noun
from gonogo.deploy.host.usage import Usage, usage
from gonogo.deploy.redaction.masking import concealed_all
from gonogo.deploy.redaction.secret_values import command_values, secret_values
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.sections.data import Mongodb


def _kept(found: dict[str, Given]) -> dict[str, Given]:
    bare = {name: replace(one, command=()) for name, one in found.items()}
    return {name: replace(one, environment=concealed_all(one.environment)) for name, one in bare.items()}


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

    @asked("environment.running", keep=_kept)
    def made_with(self) -> dict[str, Given]:
        """What its containers were made with, by service; their secrets are redacted from now on."""
        (name,) = self._names
        found = given(self.connection, name)
        for one in found.values():
            self._host.redactor.add([*secret_values(one.environment), *command_values(one.command)])
        return found

    @asked("images.stage")
    def images(self) -> dict[str, ImageInfo]:
        """The images of its containers, by id."""
        ids = {container.image for container in self.containers}
        found = inspect(self.connection, (), ids)
        self._host.redactor.add(secrets_of(found.values()))
        return {name: image for name, image in found.items() if name in ids}

    @asked("resources.sane")
    def usage(self) -> dict[str, Usage]:
        """What its running containers use of their memory, by id."""
        return usage(self.connection, [container.id for container in self.containers if container.running])


def given(connection: Connection, project: str) -> dict[str, Given]:
    """Return what the containers of a project were made with, by service; raises Unknown."""
    labels = (f"{LABELS}.project={project}", f"{LABELS}.oneoff=False")
    chosen = " ".join(f"--filter label={shlex.quote(label)}" for label in labels)
    result = connection.run(
        f'ids=$(docker ps -aq --no-trunc {chosen}) && {{ [ -z "$ids" ] || '
        f"docker inspect --type container --format '{GIVEN}' $ids; }}",
        private=True,
    )
    if not result.ok and not vanished(result):
        raise unreachable(connection.host, result)
    return parse_given(result.text)


def login_variables(
    model: Model, given: Mapping[str, Given], mongodb: Mongodb | None = None
) -> dict[str, dict[str, str]]:
    """Return what containers were made with, by service, as far as it can be part of a login."""
    found = {}
    for name, made in given.items():
        service = model.services.get(name)
        kind = databases.kind_of(service, mongodb) if service else None
        if kind:
            found[name] = databases.credentials(kind, made.environment, made.command, mongodb)
        else:
            found[name] = relevant(made.environment)
    return found
