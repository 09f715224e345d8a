"""How to log in to the target's MongoDB: as its container does (incident D4), or its connection string."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gonogo.deploy.compose import databases
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.container import Container
from gonogo.deploy.mongodb.server import address, primary
from gonogo.deploy.mongodb.server.client import Login, connected
from gonogo.deploy.mongodb.server.primary import Way
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.redaction.secret_values import secret_values
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.ssh.transcript import Entry
from gonogo.deploy.target.sections.data import Mongodb

if TYPE_CHECKING:
    from pymongo import MongoClient

    from gonogo.deploy.mongodb.server.tls import Trust
    from gonogo.deploy.mongodb.server.uri import Uri
    from gonogo.deploy.release.release import Release

    Client = MongoClient[dict[str, Any]]

FILE = "_FILE"


def container_of(containers: list[Container], mongodb: Mongodb) -> Container:
    """Return the running container of the service; raises GonogoError when there is none."""
    running = [
        container for container in containers if container.service == mongodb.service and container.running
    ]
    if not running:
        raise GonogoError(
            f"the MongoDB service {mongodb.service} has no running container: start it, or correct "
            "mongodb.service in the target file"
        )
    return running[0]


def environment_of(connection: Connection, container: Container, redactor: Redactor) -> dict[str, str]:
    """Return the variables that a container was made with; their secrets are redacted from now on."""
    line = f"docker inspect --format '{{{{json .Config.Env}}}}' {shlex.quote(container.id)}"
    result = connection.run(line, private=True)
    if not result.ok:
        raise GonogoError(f"{connection.host}: the environment of {container.name} cannot be read")
    pairs = (entry.partition("=") for entry in json.loads(result.text) or [])
    values = {name: value for name, _, value in pairs}
    redactor.add(secret_values(values))
    return values


def filled(
    connection: Connection,
    container: Container,
    mongodb: Mongodb,
    environment: Mapping[str, str],
    redactor: Redactor,
) -> dict[str, str]:
    """Return an environment with user and password where it names files of the container that hold them.

    The official images, and others after them, read ``NAME_FILE`` where there is no ``NAME``; the files are
    Docker's secrets as a rule. Raises GonogoError for one that cannot be read.
    """
    found = dict(environment)
    for name in (mongodb.username_variable, mongodb.password_variable):
        path = found.get(f"{name}{FILE}", "")
        if found.get(name) or not path:
            continue
        inside = f"docker exec {shlex.quote(container.id)} cat -- {shlex.quote(path)}"
        result = connection.run(inside, private=True)
        if not result.ok:
            raise GonogoError(
                f"{container.name}: {path}, which {name}{FILE} names, cannot be read in the container: "
                "correct that variable, or give the secret to the service"
            )
        found[name] = result.text.rstrip("\n")
    redactor.add([found.get(mongodb.password_variable, "")])
    return found


def of_environment(mongodb: Mongodb, environment: Mapping[str, str]) -> Login:
    """Return the login that the variables of a MongoDB's container hold; nobody's where they hold none."""
    password = environment.get(mongodb.password_variable, "")
    return Login(
        username=environment.get(mongodb.username_variable, "") or (password and _default(mongodb)),
        password=password,
        source=mongodb.auth_database,
        said=f"the value of {mongodb.password_variable}",
        fix="a database keeps the credentials that it was initialised with, so correct the env file, or "
        "change the password in the database first",
        lacking=f"its container has no {mongodb.username_variable}, so name the variable that has the user "
        "with mongodb.username_variable in the target file",
    )


def _default(mongodb: Mongodb) -> str:
    """Return the user that an image makes where only a password is given, as Bitnami's does."""
    made = {password: user for _, user, password in databases.KINDS[0].accounts}
    return made.get(mongodb.password_variable, "")


def of_uri(given: Uri) -> Login:
    """Return the login that a connection string holds."""
    return Login(
        username=given.username,
        password=given.password,
        source=given.source,
        mechanism=given.mechanism,
        said=f"the password in {given.variable}",
        fix=f"correct it in the env file, or authSource, which is {given.source}",
        lacking=f"{given.variable} holds no user: put user and password into it",
    )


@contextmanager
def session(
    connection: Connection,
    container: Container,
    mongodb: Mongodb,
    environment: Mapping[str, str],
    trust: Trust | None = None,
) -> Iterator[Client]:
    """Give a client that is logged in to the container's MongoDB with the credentials in ``environment``.

    Of a replica set it is this member's, whatever its state. Raises GonogoError as ``client.connected`` does.
    """
    at = address.of_container(container)
    with connected(connection, at, of_environment(mongodb, environment), trust) as client:
        yield client


@contextmanager
def opened(release: Release, mongodb: Mongodb | None = None) -> Iterator[Client]:
    """Give a client of the target's MongoDB, of its primary where it is a replica set.

    It is logged in as the running container's own environment says, or as the connection string in the env
    file. ``mongodb``: by default what the target file says. Raises GonogoError in one sentence, for what
    pymongo raises within the ``with`` too.
    """
    settings = mongodb or release.target.mongodb
    if settings is None:
        raise GonogoError("the target file names no MongoDB: add the table [mongodb]")
    with primary.reached(release, way(release, settings)) as client:
        yield client


def way(release: Release, mongodb: Mongodb) -> Way:
    """Return what leads to the target's MongoDB as it runs; raises GonogoError."""
    if mongodb.uri_variable:
        return _outside(release, mongodb, mongodb.uri_variable)
    container = container_of(release.running, mongodb)
    given = environment_of(release.connection, container, release.redactor)
    environment = filled(release.connection, container, mongodb, given, release.redactor)
    return Way(
        (address.of_container(container),),
        of_environment(mongodb, environment),
        trust(release, mongodb),
    )


def trust(release: Release, mongodb: Mongodb, given: Uri | None = None) -> Trust | None:
    """Return which certificates are believed; None where TLS is off. Raises GonogoError."""
    if not (mongodb.tls or mongodb.tls_ca_file or mongodb.tls_client_file or (given and given.tls)):
        return None
    from gonogo.deploy.mongodb.server import tls  # noqa: PLC0415  only where it is needed

    found = tls.trust(release.connection, release.target, mongodb, release.redactor)
    return replace(found, any_name=given.any_name, any_certificate=given.any_certificate) if given else found


def _outside(release: Release, mongodb: Mongodb, variable: str) -> Way:
    from gonogo.deploy.mongodb.server import uri  # noqa: PLC0415  only where it is needed

    value = release.environment.variables.get(variable, "")
    if not value:
        raise GonogoError(
            f"the env file of the target has no {variable}: put the connection string there, or correct "
            "mongodb.uri_variable in the target file"
        )
    release.redactor.add([value])
    given = uri.read(
        value, variable, {"tls_ca_file": mongodb.tls_ca_file, "tls_client_file": mongodb.tls_client_file}
    )
    release.redactor.add(given.secrets)
    return Way(
        tuple(address.of_name(release, host, port) for host, port in given.hosts),
        of_uri(given),
        trust(release, mongodb, given),
        replica_set=given.replica_set,
        direct=given.direct,
    )


def counted(release: Release) -> dict[str, int]:
    """Return the number of documents of each collection, counted, not estimated, whatever MongoDB's shape.

    Raises GonogoError as ``opened`` does.
    """
    settings = release.target.mongodb
    assert settings is not None, "asked only where there is a MongoDB"
    begun = time.monotonic()
    with opened(release, settings) as client:
        found = _counts(client, settings)
    place = settings.service or f"${settings.uri_variable}"
    release.connection.transcript.add(_entry(place, settings, found, begun))
    return found


def counts(
    connection: Connection, container: Container, mongodb: Mongodb, redactor: Redactor
) -> dict[str, int]:
    """Return the number of documents of each collection, counted, not estimated; raises GonogoError."""
    environment = environment_of(connection, container, redactor)
    begun = time.monotonic()
    with session(connection, container, mongodb, environment) as client:
        found = _counts(client, mongodb)
    connection.transcript.add(_entry(container.name, mongodb, found, begun))
    return found


def _counts(client: Client, mongodb: Mongodb) -> dict[str, int]:
    database = client[mongodb.database]
    names = database.list_collection_names(filter={"type": "collection"})
    kept = sorted({*names, *mongodb.collections} - {n for n in names if n.startswith("system.")})
    return {name: database[name].count_documents({}) for name in kept}


def _entry(place: str, mongodb: Mongodb, found: Mapping[str, int], begun: float) -> Entry:
    said = "\n".join(f"{name}: {number}" for name, number in found.items())
    what = f"mongodb {place}: count the documents of {mongodb.database}"
    return Entry(what, 0, said, time.monotonic() - begun)
