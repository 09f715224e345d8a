"""The stack's MongoDB, reached with the credentials that its own container has (incident D4)."""

from __future__ import annotations

import atexit
import json
import shlex
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from deploy.connection import Connection
from deploy.errors import GonogoError
from deploy.probes.containers import Container
from deploy.redact import Redactor, secret_values
from deploy.target import Mongodb
from deploy.wire.opening import AHEAD
from deploy.wire.transcript import Entry

if TYPE_CHECKING:
    # It takes a tenth of a second to import, which a run without a database need not wait for.
    from pymongo import MongoClient
    from pymongo.errors import OperationFailure

    from deploy.facts import Facts

    Client = MongoClient[dict[str, Any]]

PORT = 27017
TIMEOUT_MS = 5000
AUTHENTICATION_FAILED = 18
"""MongoDB's error code AuthenticationFailed."""


def container_of(found: list[Container], mongodb: Mongodb) -> Container:
    """Return the running container of the service; raises GonogoError when there is none."""
    running = [one for one in found if one.service == mongodb.service and one.running]
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


@contextmanager
def session(
    connection: Connection, container: Container, mongodb: Mongodb, environment: dict[str, str]
) -> Iterator[MongoClient[dict[str, Any]]]:
    """Give a client that is logged in to the container's MongoDB with the credentials in ``environment``.

    Raises GonogoError in one sentence, without the credentials, for whatever MongoDB refuses.
    """
    from pymongo import MongoClient  # noqa: PLC0415  see above
    from pymongo.errors import (  # noqa: PLC0415
        ConnectionFailure,
        OperationFailure,
        PyMongoError,
    )
    from pymongo.synchronous import monitor  # noqa: PLC0415

    if not container.addresses:
        raise GonogoError(f"{container.name} has no address in any network: gonogo cannot reach its MongoDB")
    port = connection.forward_port(container.addresses[0], PORT, ahead=AHEAD)
    given: dict[str, Any] = {"directConnection": True, "serverSelectionTimeoutMS": TIMEOUT_MS}
    username = environment.get(mongodb.username_variable, "")
    if username:
        given |= {
            "username": username,
            "password": environment.get(mongodb.password_variable, ""),
            "authSource": mongodb.auth_database,
        }
    client: MongoClient[dict[str, Any]] = MongoClient("127.0.0.1", port, **given)
    try:
        yield client
    except OperationFailure as error:
        raise GonogoError(_refused(error, container, mongodb, username)) from None
    except ConnectionFailure:
        raise GonogoError(f"the MongoDB in {container.name} does not answer on port {PORT}") from None
    except PyMongoError as error:
        raise GonogoError(f"the MongoDB in {container.name}: {type(error).__name__}") from None
    finally:
        # Its good-bye to the server takes a round trip, and its threads half a second to notice at the end of
        # the process: nobody has to wait for either.
        threading.Thread(target=client.close, daemon=True, name="gonogo-good-bye").start()
        atexit.unregister(getattr(monitor, "_shutdown_resources", str))


@contextmanager
def opened(facts: Facts, mongodb: Mongodb | None = None) -> Iterator[Client]:
    """Give a client that is logged in to the target's MongoDB with the credentials of the running container.

    ``mongodb``: by default what the target file says. Raises GonogoError in one sentence, for what pymongo
    raises within the ``with`` too.
    """
    settings = mongodb or facts.target.mongodb
    if settings is None:
        raise GonogoError("the target file names no MongoDB: add the table [mongodb]")
    container = container_of(facts.running, settings)
    environment = environment_of(facts.connection, container, facts.redactor)
    with session(facts.connection, container, settings, environment) as client:
        yield client


def counts(
    connection: Connection, container: Container, mongodb: Mongodb, redactor: Redactor
) -> dict[str, int]:
    """Return the number of documents of each collection, counted, not estimated; raises GonogoError."""
    environment = environment_of(connection, container, redactor)
    begun = time.monotonic()
    with session(connection, container, mongodb, environment) as client:
        database = client[mongodb.database]
        names = database.list_collection_names(filter={"type": "collection"})
        kept = sorted({*names, *mongodb.collections} - {n for n in names if n.startswith("system.")})
        found = {name: database[name].count_documents({}) for name in kept}
    said = "\n".join(f"{name}: {number}" for name, number in found.items())
    what = f"mongodb {container.name}: count the documents of {mongodb.database}"
    connection.transcript.add(Entry(what, 0, said, time.monotonic() - begun))
    return found


def _refused(error: OperationFailure, container: Container, mongodb: Mongodb, username: str) -> str:
    if error.code == AUTHENTICATION_FAILED:
        return (
            f"the MongoDB in {container.name} refuses the login of {username!r} with the value of "
            f"{mongodb.password_variable}: a database keeps the credentials that it was initialised with, so "
            "correct the env file, or change the password in the database first"
        )
    why = (error.details or {}).get("codeName") or error.code
    return f"the MongoDB in {container.name} refuses: {why}"
