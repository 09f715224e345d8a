"""The credentials of a stack's databases: who was initialised with which, and who logs in with which."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from gonogo.deploy.compose.image_name import repository
from gonogo.deploy.compose.model import Model, Service
from gonogo.deploy.host.container import Given
from gonogo.deploy.requirepass import REDIS_PASSWORD, requirepass
from gonogo.deploy.target import Mongodb


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
_CLIENTS = {"express", "exporter", "admin", "backup", "dump", "ui", "commander", "insight", "proxy", "shell"}
_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9]*)(?:\+[A-Za-z0-9]+)?://(?P<rest>[^\s;\"'<>]*)")
_HOST = re.compile(r"(?P<prefix>.*?)_?(?:HOST|HOSTNAME|SERVER)")
_USERS = ("USER", "USERNAME")
_PASSWORDS = ("PASSWORD", "PASS", "PASSWD", "PWD")


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


@dataclass(frozen=True)
class Claim:
    """What a client logs in with, and the variable that says so.

    ``raw`` is the password as it is written; ``password`` is what a driver makes of that, None where it
    cannot read it.
    """

    variable: str
    user: str
    password: str | None
    raw: str


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


def claims(environment: Mapping[str, str], database: Database) -> Iterator[Claim]:
    """Yield every login to a database in an environment: in URLs, and in variables beside its host."""
    for name, value in environment.items():
        for scheme, rest in _urls(value):
            if scheme in database.kind.schemes:
                yield from _of_url(name, rest, database.hosts)
        match = _HOST.fullmatch(name)
        if match and value.partition(":")[0] in database.hosts:
            yield from _beside(environment, match["prefix"])


def _urls(value: str) -> Iterator[tuple[str, str]]:
    """Yield the scheme of each URL in a value and what follows; a value that begins with one is all URL."""
    whole = re.match(_URL, value.strip())
    for url in [whole] if whole else _URL.finditer(value):
        rest = value.strip()[url.start("rest") :] if whole else url["rest"]
        yield url["scheme"].lower(), rest


def _of_url(variable: str, rest: str, hosts: frozenset[str]) -> Iterator[Claim]:
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    # A password with one of / ? # in it, as it is, ends the authority for a driver, and is to be told.
    for text, readable in ((authority, True), (rest, False)):
        login, _, after = text.rpartition("@")
        named = {host.partition(":")[0] for host in re.split(r"[/?#]", after, maxsplit=1)[0].split(",")}
        user, _, password = login.partition(":")
        if password and named & hosts:
            yield Claim(variable, unquote(user), unquote(password) if readable else None, password)
            return


def _beside(environment: Mapping[str, str], prefix: str) -> Iterator[Claim]:
    joints = ("_", "") if prefix else ("",)
    user = next((environment[n] for n in _joined(prefix, joints, _USERS) if n in environment), "")
    for name in _joined(prefix, joints, _PASSWORDS):
        if environment.get(name):
            yield Claim(name, user, environment[name], environment[name])


def _joined(prefix: str, joints: Iterable[str], ends: Iterable[str]) -> list[str]:
    return [f"{prefix}{joint}{end}" for joint in joints for end in ends]


def relevant(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what of a client's environment can be part of a login to some database."""
    schemes = {scheme for kind in KINDS for scheme in kind.schemes}
    ends = (*_USERS, *_PASSWORDS, "HOST", "HOSTNAME", "SERVER")
    return {
        name: value
        for name, value in environment.items()
        if name.endswith(ends) or any(scheme in schemes for scheme, _ in _urls(value))
    }


def initialised(
    model: Model, given: Mapping[str, Given], mongodb: Mongodb | None = None
) -> dict[str, dict[str, str]]:
    """Return what containers were made with, by service, as far as it can be part of a login."""
    found = {}
    for name, one in given.items():
        service = model.services.get(name)
        kind = kind_of(service, mongodb) if service else None
        made = one.environment
        found[name] = credentials(kind, made, one.command, mongodb) if kind else relevant(made)
    return found
