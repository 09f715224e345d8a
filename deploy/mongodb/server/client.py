"""A client of one MongoDB server over a forward, whose errors are one sentence each."""

from __future__ import annotations

import atexit
import importlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.server import large_memory
from gonogo.deploy.mongodb.server.address import Address, Unanswered
from gonogo.deploy.ssh.connection import Connection

if TYPE_CHECKING:
    # They take a tenth of a second to import, which a run without a database need not wait for.
    from pymongo import MongoClient
    from pymongo.errors import OperationFailure

    from gonogo.deploy.mongodb.server.tls import Context, Trust

    Client = MongoClient[dict[str, Any]]

TIMEOUT_MS = 5000
UNAUTHORIZED = 13
AUTHENTICATION_FAILED = 18
"""MongoDB's error codes Unauthorized and AuthenticationFailed."""
_COMMAND = re.compile(r"not authorized on (\S+) to execute command \{ (\w+):")
READING = ("aggregate", "collStats", "count", "dbHash", "dbStats", "distinct", "find", "getMore")
LISTING = ("listCollections", "listIndexes")
WATCHING = ("getParameter", "replSetGetStatus", "replSetGetConfig", "serverStatus", "listDatabases")
ACCOUNTS = ("usersInfo", "rolesInfo", "createUser", "createRole", "dropUser", "dropRole", "updateUser")


class LoginRefused(GonogoError):
    """The server knows no such user, or another password."""


@dataclass(frozen=True)
class Login:
    """Whom to log in as; nobody where ``username`` is empty. ``source``: the database of the login.

    ``said``: where the password stands, for messages. ``fix``: what to do about one that is refused.
    ``lacking``: what to do where the server demands a login and there is none.
    """

    username: str = ""
    password: str = field(default="", repr=False)
    source: str = "admin"
    mechanism: str = ""
    said: str = ""
    fix: str = ""
    lacking: str = ""

    @property
    def options(self) -> dict[str, Any]:
        """What pymongo calls it."""
        if not self.username and not self.mechanism:
            return {}
        given = {"authSource": self.source, "username": self.username, "password": self.password}
        given["authMechanism"] = self.mechanism
        return {key: value for key, value in given.items() if value}


@contextmanager
def connected(
    connection: Connection,
    at: Address,
    login: Login,
    trust: Trust | None = None,
    *,
    patience_ms: int = TIMEOUT_MS,
) -> Iterator[Client]:
    """Give a client of the server at ``at`` and of no other, logged in; over TLS where there is a ``trust``.

    ``patience_ms``: how long each command waits for a server that does not answer.
    Raises GonogoError in one sentence, without the credentials, for whatever MongoDB refuses, within the
    ``with`` too; Unanswered where nobody is there.
    """
    # All of it first: of two threads that import parts of one package, one may get a part that is not ready.
    importlib.import_module("pymongo")
    from bson.errors import BSONError  # noqa: PLC0415  see above
    from pymongo.errors import (  # noqa: PLC0415
        ConnectionFailure,
        InvalidName,
        OperationFailure,
        PyMongoError,
    )
    from pymongo.synchronous import monitor  # noqa: PLC0415

    large_memory.give_back()
    port = connection.forward_port(at.host, at.port)
    client, made = _made(port, at, login, trust, patience_ms, compression(connection))
    try:
        yield client
    except OperationFailure as error:
        kind = LoginRefused if error.code == AUTHENTICATION_FAILED else GonogoError
        raise kind(server_error(error, at, login)) from None
    except ConnectionFailure:
        raise _silence(port, at, trust, made) from None
    except InvalidName as error:
        raise GonogoError(
            f"the MongoDB {at.told} holds a name that servers take and drivers refuse ({error}): rename it"
        ) from None
    except PyMongoError as error:
        raise GonogoError(f"the MongoDB {at.told}: {type(error).__name__}") from None
    except BSONError as error:
        # Its text may hold what is stored.
        raise GonogoError(
            f"the MongoDB {at.told} sent what drivers cannot read ({type(error).__name__}): see its log, and "
            "what db.collection.validate() says of its collections"
        ) from None
    finally:
        # Its good-bye to the server takes a round trip, and its threads half a second to notice at the end of
        # the process: nobody has to wait for either.
        threading.Thread(target=client.close, daemon=True, name="gonogo-good-bye").start()
        atexit.unregister(getattr(monitor, "_shutdown_resources", str))


def compression(connection: Connection) -> dict[str, Any]:
    """Return the options for a line: of text a third crosses it, for half of the time that reading takes."""
    return {} if connection.host == "local" else {"compressors": "zstd"}


def _made(  # noqa: PLR0913, PLR0917
    port: int, at: Address, login: Login, trust: Trust | None, patience_ms: int, packed: dict[str, Any]
) -> tuple[Client, Context | None]:
    from pymongo import MongoClient  # noqa: PLC0415  see above

    given: dict[str, Any] = {"directConnection": True, "serverSelectionTimeoutMS": patience_ms}
    given |= login.options
    given |= packed
    if trust is None:
        return MongoClient("127.0.0.1", port, **given), None
    from gonogo.deploy.mongodb.server import tls  # noqa: PLC0415  only where it is needed

    made = tls.proved(trust, port, at)
    given |= {"tls": True, "connect": False, "tlsAllowInvalidHostnames": not made.check_hostname}
    client: Client = MongoClient("127.0.0.1", port, **given)
    # There is no public way to tell pymongo the server's name apart from its address; see Context.
    client.options.pool_options._PoolOptions__ssl_context = made  # type: ignore[attr-defined]
    return client, made


def _silence(port: int, at: Address, trust: Trust | None, made: Context | None) -> Unanswered:
    from gonogo.deploy.mongodb.server import tls  # noqa: PLC0415

    why = tls.cause(port, trust, made.server_name if made else "")
    return Unanswered(f"the MongoDB {at.told} {why or f'does not answer on port {at.port}'}")


def server_error(error: OperationFailure, at: Address, login: Login) -> str:
    """Return why a server refused, in one sentence, with what to do where that is known."""
    if error.code == AUTHENTICATION_FAILED:
        return f"the MongoDB {at.told} refuses the login of {login.username!r} with {login.said}: {login.fix}"
    if error.code == UNAUTHORIZED and not login.options:
        return f"the MongoDB {at.told} demands a login: {login.lacking}"
    denied = _COMMAND.search(str((error.details or {}).get("errmsg") or ""))
    if error.code == UNAUTHORIZED and denied:
        database, command = denied.groups()
        return (
            f"the MongoDB {at.told} does not let {login.username!r} do {command} in {database}: give it the "
            f"role {role(command)}"
        )
    why = (error.details or {}).get("codeName") or error.code
    return f"the MongoDB {at.told} refuses: {why}"


def role(command: str) -> str:
    """Return the least of MongoDB's own roles, as its manual lists them, that may do a command."""
    if command in (*READING, *LISTING):
        return "read (for a backup of all: backup)"
    if command in WATCHING:
        return "clusterMonitor"
    return "userAdmin" if command in ACCOUNTS else "readWrite (for a restore of all: restore)"
