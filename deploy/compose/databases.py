"""The databases of a stack, and the accounts that each was initialised with."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gonogo.deploy.compose.image_name import repository
from gonogo.deploy.compose.model import Model
from gonogo.deploy.compose.service import Service
from gonogo.deploy.target.sections.data import Mongodb


@dataclass(frozen=True)
class Kind:
    """A kind of database: words of its images' names, schemes of its URLs, its data, its accounts.

    An account is the variable of its user, the user where that is not set, the variable of its password, as
    the documentation of the images says (Docker's official ones and Bitnami's).
    """

    name: str
    images: frozenset[str]
    schemes: frozenset[str]
    folders: tuple[str, ...]
    accounts: tuple[tuple[str, str, str], ...]


def _kind(name: str, images: str, schemes: str, folders: str, *accounts: tuple[str, str, str]) -> Kind:
    words = frozenset(images.split()), frozenset(schemes.split())
    return Kind(name, *words, tuple(folders.split()), accounts)


KINDS = (
    _kind(
        "MongoDB",
        "mongo mongodb",
        "mongodb",
        "/data/db /bitnami/mongodb",
        ("MONGO_INITDB_ROOT_USERNAME", "", "MONGO_INITDB_ROOT_PASSWORD"),
        ("MONGODB_ROOT_USER", "root", "MONGODB_ROOT_PASSWORD"),
    ),
    _kind(
        "PostgreSQL",
        "postgres postgresql postgis timescaledb pgvector",
        "postgres postgresql",
        "/var/lib/postgresql /var/lib/postgresql/data /bitnami/postgresql",
        ("POSTGRES_USER", "postgres", "POSTGRES_PASSWORD"),
        ("POSTGRESQL_USERNAME", "postgres", "POSTGRESQL_PASSWORD"),
    ),
    _kind(
        "MySQL",
        "mysql mariadb percona",
        "mysql mysql2 mariadb",
        "/var/lib/mysql /bitnami/mysql /bitnami/mariadb",
        ("", "root", "MYSQL_ROOT_PASSWORD"),
        ("", "root", "MARIADB_ROOT_PASSWORD"),
        ("MYSQL_USER", "", "MYSQL_PASSWORD"),
        ("MARIADB_USER", "", "MARIADB_PASSWORD"),
    ),
    _kind("Redis", "redis valkey keydb", "redis rediss valkey", "", ("", "default", "REDIS_PASSWORD")),
)
REDIS = KINDS[3]
SCRIPTS = "/docker-entrypoint-initdb.d"
REDIS_PASSWORD = "REDIS_PASSWORD"
"""The variable that the password of a Redis server's command is known by, as images call it."""
_REQUIREPASS = re.compile(r"""--requirepass[ =]+("[^"]*"|'[^']*'|\S+)""")
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")
_CLIENTS = {"express", "exporter", "admin", "backup", "dump", "ui", "commander", "insight", "proxy", "shell"}


@dataclass(frozen=True)
class Account:
    """A user that a database was initialised with, and where that stands."""

    user: str
    password: str
    variable: str


@dataclass(frozen=True)
class Database:
    """A database service: under which names it is reached, and the variables and accounts it started with."""

    service: str
    kind: Kind
    hosts: frozenset[str]
    accounts: tuple[Account, ...]
    variables: dict[str, str]


def kind_of(service: Service, mongodb: Mongodb | None = None) -> Kind | None:
    """Return the kind of database that a service is, by its image or where its data lies; None for others."""
    if mongodb and service.name == mongodb.service:
        return KINDS[0]
    words = set(re.split(r"[^a-z]+", repository(service.image).rpartition("/")[2].lower()))
    places = {mount.target for mount in service.mounts}
    for kind in KINDS:
        named = words & kind.images and not words & _CLIENTS and service.build is None
        if named or places & set(kind.folders):
            return kind
    return None


def accounts(
    kind: Kind, environment: Mapping[str, str], mongodb: Mongodb | None = None
) -> tuple[Account, ...]:
    """Return the accounts that a database of this kind makes from its environment when it is initialised."""
    named = [*kind.accounts]
    if mongodb and kind is KINDS[0]:
        named.append((mongodb.username_variable, "", mongodb.password_variable))
    found = [
        Account(environment.get(user, "") or default, environment[password], password)
        for user, default, password in named
        if environment.get(password)
    ]
    return tuple(dict.fromkeys(found))


def credentials(
    kind: Kind, environment: Mapping[str, str], command: Sequence[str] = (), mongodb: Mongodb | None = None
) -> dict[str, str]:
    """Return the variables with which a database of this kind was made, without the rest of its environment.

    What a Redis server's command demands stands as REDIS_PASSWORD.
    """
    names = {name for user, _, password in kind.accounts for name in (user, password)}
    if mongodb and kind is KINDS[0]:
        names |= {mongodb.username_variable, mongodb.password_variable}
    found = {name: value for name, value in environment.items() if name in names}
    demanded = requirepass(command, environment) if kind is REDIS else ""
    return {**found, REDIS_PASSWORD: demanded} if demanded else found


def databases(
    model: Model, initialised: Mapping[str, Mapping[str, str]], mongodb: Mongodb | None = None
) -> list[Database]:
    """Return the databases of the model with the accounts that they have.

    ``initialised``: by service, the variables of containers that are there. A database keeps its first ones
    (L1); Redis, and a database without a container, gets those of the new model.
    """
    found = []
    for service in model.services.values():
        kind = kind_of(service, mongodb)
        if kind is None:
            continue
        new = credentials(kind, service.environment, (*service.entrypoint, *service.command), mongodb)
        old = initialised.get(service.name, {}) if kind is not REDIS else {}
        made = dict(old) if accounts(kind, old, mongodb) else new
        hosts = frozenset({service.name, service.container_name, *service.aliases} - {""})
        found.append(Database(service.name, kind, hosts, accounts(kind, made, mongodb), made))
    return found


def requirepass(words: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return the password that a Redis server's command demands; empty where none, or none that is known."""
    for index, word in enumerate(words[:-1]):
        if word == "--requirepass":
            return _expanded(words[index + 1], environment)
    match = _REQUIREPASS.search(" ".join(words))
    return _expanded(match[1].strip("\"'"), environment) if match else ""


def _expanded(text: str, environment: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda name: environment.get(name[1], ""), text) if "$" in text else text
