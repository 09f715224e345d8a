"""With which credentials the services of a stack log in to its databases, as their variables say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from gonogo.deploy.compose.databases import KINDS, Database

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9]*)(?:\+[A-Za-z0-9]+)?://(?P<rest>[^\s;\"'<>]*)")
_HOST = re.compile(r"(?P<prefix>.*?)_?(?:HOST|HOSTNAME|SERVER)")
_USERS = ("USER", "USERNAME")
_PASSWORDS = ("PASSWORD", "PASS", "PASSWD", "PWD")


@dataclass(frozen=True)
class ClientLogin:
    """What a client logs in with, and the variable that says so.

    ``raw`` is the password as it is written; ``password`` is what a driver makes of that, None where it
    cannot read it.
    """

    variable: str
    user: str
    password: str | None
    raw: str


def client_logins(environment: Mapping[str, str], database: Database) -> Iterator[ClientLogin]:
    """Yield every login to a database in an environment: in URLs, and in variables beside its host."""
    for name, value in environment.items():
        for scheme, rest in _urls(value):
            if scheme in database.kind.schemes:
                yield from _of_url(name, rest, database.hosts)
        match = _HOST.fullmatch(name)
        if match and value.partition(":")[0] in database.hosts:
            yield from _of_variables(environment, match["prefix"])


def _urls(value: str) -> Iterator[tuple[str, str]]:
    """Yield the scheme of each URL in a value and what follows; a value that begins with one is all URL."""
    whole = re.match(_URL, value.strip())
    for url in [whole] if whole else _URL.finditer(value):
        rest = value.strip()[url.start("rest") :] if whole else url["rest"]
        yield url["scheme"].lower(), rest


def _of_url(variable: str, rest: str, hosts: frozenset[str]) -> Iterator[ClientLogin]:
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    # A password with one of / ? # in it, as it is, ends the authority for a driver, and is to be told.
    for text, readable in ((authority, True), (rest, False)):
        login, _, after = text.rpartition("@")
        named = {host.partition(":")[0] for host in re.split(r"[/?#]", after, maxsplit=1)[0].split(",")}
        user, _, password = login.partition(":")
        if password and named & hosts:
            yield ClientLogin(variable, unquote(user), unquote(password) if readable else None, password)
            return


def _of_variables(environment: Mapping[str, str], prefix: str) -> Iterator[ClientLogin]:
    separators = ("_", "") if prefix else ("",)
    user = next((environment[n] for n in _variables(prefix, separators, _USERS) if n in environment), "")
    for name in _variables(prefix, separators, _PASSWORDS):
        if environment.get(name):
            yield ClientLogin(name, user, environment[name], environment[name])


def _variables(prefix: str, separators: Iterable[str], ends: Iterable[str]) -> list[str]:
    return [f"{prefix}{separator}{end}" for separator in separators for end in ends]


def relevant(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what of a client's environment can be part of a login to some database."""
    schemes = {scheme for kind in KINDS for scheme in kind.schemes}
    ends = (*_USERS, *_PASSWORDS, "HOST", "HOSTNAME", "SERVER")
    return {
        name: value
        for name, value in environment.items()
        if name.endswith(ends) or any(scheme in schemes for scheme, _ in _urls(value))
    }
