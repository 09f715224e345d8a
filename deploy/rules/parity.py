"""Whether the clients of a stack's databases have the credentials that those were initialised with (L1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gonogo.deploy.compose.model import Model, Service
from gonogo.deploy.rules.credentials import REDIS, SCRIPTS, Claim, Database, claims, databases
from gonogo.deploy.target import Mongodb

Before = Mapping[str, Mapping[str, str]]


@dataclass
class Parity:
    """What was found: sentences by service and variable, without a value, and what was judged.

    ``doubtful``: logins of users that only the database itself knows, and that no running client uses.
    """

    wrong: dict[tuple[str, str], str] = field(default_factory=dict)
    doubtful: dict[tuple[str, str], str] = field(default_factory=dict)
    judged: set[tuple[str, str]] = field(default_factory=set)
    databases: list[str] = field(default_factory=list)


def parity(model: Model, initialised: Before, mongodb: Mongodb | None = None) -> Parity:
    """Compare the credentials that the model gives to each client with those of each database.

    ``initialised``: by service, what its container was made with; a database that has none will be made with
    the model's own. A client is known by a URL whose host is the database, by variables beside one that
    names it (``DB_HOST``, ``DB_USER``, ``DB_PASSWORD``), and by variables of the database's own names.
    """
    found = Parity()
    known = [one for one in databases(model, initialised, mongodb) if one.accounts]
    found.databases = [f"{one.service} ({one.kind.name})" for one in known]
    for service in model.services.values():
        for database in known:
            if database.service != service.name:
                _claimed(found, service, database, model, initialised)
        for variable, said in _named_alike(service, known):
            found.judged.add((service.name, variable))
            if said:
                found.wrong.setdefault((service.name, variable), f"{service.name}: {variable} {said}")
    return found


def _claimed(found: Parity, service: Service, database: Database, model: Model, initialised: Before) -> None:
    before = {(one.user, one.password) for one in claims(initialised.get(service.name, {}), database)}
    for claim in claims(service.environment, database):
        key = service.name, claim.variable
        found.judged.add(key)
        said = _said(claim, database)
        if said:
            found.wrong.setdefault(key, f"{service.name}: {claim.variable} {said}")
        elif not _knows(database, claim.user) and (claim.user, claim.password) not in before:
            text = f"{service.name}: {claim.variable} logs in to {database.service} as another user than the "
            text += "one it was initialised with"
            sure = database.service not in initialised and not _scripted(model.services[database.service])
            (found.wrong if sure and database.kind is not REDIS else found.doubtful).setdefault(key, text)


def _knows(database: Database, user: str) -> bool:
    return any(user in ("", account.user) for account in database.accounts)


def _said(claim: Claim, database: Database) -> str:
    """Return what is wrong with the password of a user that the database is known to have."""
    mine = [account for account in database.accounts if claim.user in ("", account.user)]
    if not mine or any(account.password == claim.password for account in mine):
        return ""
    if any(account.password == claim.raw for account in mine):
        return f"has the password of {database.service} without percent-encoding, as a URL demands it"
    names = " or ".join(account.variable for account in mine)
    return f"has another password than the one that {database.service} was initialised with ({names})"


def _scripted(service: Service) -> bool:
    """Return whether scripts may make further users when the database is initialised."""
    return service.build is not None or any(m.target.startswith(SCRIPTS) for m in service.mounts)


def _named_alike(service: Service, known: list[Database]) -> Iterator[tuple[str, str]]:
    own = [one for one in known if one.service == service.name] or known
    for variable in dict.fromkeys(name for one in own for name in one.variables):
        holders = [one for one in own if variable in one.variables]
        if variable in service.environment:
            fine = any(one.variables[variable] == service.environment[variable] for one in holders)
            names = " or ".join(one.service for one in holders)
            yield variable, "" if fine else f"is not the one that {names} was initialised with"
