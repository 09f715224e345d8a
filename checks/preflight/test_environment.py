"""The env files on the target and what the stack needs of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.compose import env_example, env_file, unresolved
from gonogo.deploy.compose.client_logins import ClientLogin, client_logins
from gonogo.deploy.compose.databases import REDIS, SCRIPTS, Database, databases
from gonogo.deploy.compose.model import Model
from gonogo.deploy.compose.service import Service
from gonogo.deploy.compose.unfilled import Allowed, as_written, unfilled, uses
from gonogo.deploy.errors import Unknown
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.release import Release
from gonogo.deploy.target.sections.data import Mongodb
from gonogo.deploy.target.target import Target


@pytest.mark.check(
    "environment.file",
    reason="D1: the stack's secrets come from this file on the target, read by Compose itself.",
    fix="Put the env file there, owned by the login, mode 0600; correct env_file if it lies elsewhere.",
)
def test_environment_file(host: Host, target: Target, release: Release, expect: Expect) -> None:
    """The env file exists, only the deployer may read it, and Compose can read every line of it."""
    _ = release.folder.path
    path = env_file.file(target)
    place = release.folder.paths.places.get(path)
    if place is None:
        needed = [""]
        with suppress(Unknown):  # another check tells what is wrong with the compose files
            needed = env_example.demanded(release.files.flat, target)
        expect(
            target.env_path is None,
            found=f"no {path}",
            expected="an env file, since the target file names one",
            fix=""
            if needed
            else "Remove env_file from the target file, as the compose files have defaults for "
            "all variables, or put the env file there.",
        )
        return
    fine = place.is_file and place.readable and place.private
    if not fine:
        expect(
            False,
            f"{path}: {place.told}{'' if place.readable else ', not readable for the login'}",
            expected=f"a file that {host.login.name} may read and nobody else, mode 0600",
            fix=f"chmod 600 {path} on the target." if place.is_file and place.readable else "",
        )
        return
    told = f"{path}: {len(release.environment.variables)} variables, mode {place.mode:04o}"
    expect(True, found=told, expected="a file that Compose reads")


@pytest.mark.check(
    "environment.required",
    reason="D1: the backup stopped for want of MONGODB_PASSWORD; a blank value fails later still.",
    fix="Set these variables in the env file on the target.",
)
def test_environment_required(target: Target, release: Release, expect: Expect) -> None:
    """Every variable that must be set is set; none is blank where that is no good, or a placeholder."""
    settings, given, path = target.environment, release.environment.variables, env_file.file(target)
    demanded = {variable.name for variable in release.files.variables if variable.required} | set(
        settings.required
    )
    raw = unresolved.read(release.files.flat, "the compose files")
    unknown: Unknown | None = None
    try:
        # The model says more, of env files of services, once it can be resolved.
        environments = {one.name: one.environment for one in release.model.services.values()}
    except Unknown as error:
        environments, unknown = as_written(raw, given), error
    allowed = Allowed(settings.may_be_blank, settings.placeholders)
    found = unfilled(raw, given, demanded, environments, allowed)
    places = [
        (found.env_file, f"Set these variables in {path} on the target."),
        (
            found.compose_files,
            f"Correct these values in {', '.join(target.compose_files)}, or write ${{NAME}} there and set "
            f"NAME in {path} on the target.",
        ),
        (found.service_files, "Set these variables in the env_file of the service on the target."),
    ]
    names = {name for name, _, _ in uses(raw)} & given.keys()
    expected = f"{', '.join(sorted(demanded)) or 'no variable'} set; none blank or a placeholder"
    for sentences, fix in places:
        expect(not sentences, sentences, found=f"{len(names)} variables set", expected=expected, fix=fix)
    if unknown:
        raise unknown


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
    result = Parity()
    known = [one for one in databases(model, initialised, mongodb) if one.accounts]
    result.databases = [f"{database.service} ({database.kind.name})" for database in known]
    for service in model.services.values():
        for database in known:
            if database.service != service.name:
                _compare(result, service, database, model, initialised)
        for variable, fault in _same_names(service, known):
            result.judged.add((service.name, variable))
            if fault:
                result.wrong.setdefault((service.name, variable), f"{service.name}: {variable} {fault}")
    return result


def _compare(result: Parity, service: Service, database: Database, model: Model, initialised: Before) -> None:
    """Put into the result what is wrong with the logins of one service to one database."""
    earlier = client_logins(initialised.get(service.name, {}), database)
    before = {(login.user, login.password) for login in earlier}
    certain = database.service not in initialised and not _scripted(model.services[database.service])
    for login in client_logins(service.environment, database):
        key = service.name, login.variable
        result.judged.add(key)
        fault = _password_fault(login, database)
        if fault:
            result.wrong.setdefault(key, f"{service.name}: {login.variable} {fault}")
        elif not _knows(database, login.user) and (login.user, login.password) not in before:
            text = f"{service.name}: {login.variable} logs in to {database.service} as another user than the "
            text += "one it was initialised with"
            faults = result.wrong if certain and database.kind is not REDIS else result.doubtful
            faults.setdefault(key, text)


def _knows(database: Database, user: str) -> bool:
    return any(user in ("", account.user) for account in database.accounts)


def _password_fault(login: ClientLogin, database: Database) -> str:
    """Return what is wrong with the password of a user that the database is known to have."""
    mine = [account for account in database.accounts if login.user in ("", account.user)]
    if not mine or any(account.password == login.password for account in mine):
        return ""
    if any(account.password == login.raw for account in mine):
        return f"has the password of {database.service} without percent-encoding, as a URL demands it"
    names = " or ".join(account.variable for account in mine)
    return f"has another password than the one that {database.service} was initialised with ({names})"


def _scripted(service: Service) -> bool:
    """Return whether scripts may make further users when the database is initialised."""
    return service.build is not None or any(m.target.startswith(SCRIPTS) for m in service.mounts)


def _same_names(service: Service, known: list[Database]) -> Iterator[tuple[str, str]]:
    """Yield each variable that a database was initialised with too, and what is wrong with its value."""
    own = [database for database in known if database.service == service.name] or known
    for variable in dict.fromkeys(name for database in own for name in database.variables):
        holders = [database for database in own if variable in database.variables]
        if variable in service.environment:
            value = service.environment[variable]
            same = any(database.variables[variable] == value for database in holders)
            names = " or ".join(database.service for database in holders)
            yield variable, "" if same else f"is not the one that {names} was initialised with"


@pytest.mark.check(
    "environment.parity",
    reason="L1: the API had development's credentials, the database production's; it keeps its first ones.",
    fix="Give these clients what the database was initialised with; waive this check for a release that "
    "follows a change of the password in the database itself.",
)
def test_environment_parity(target: Target, release: Release, expect: Expect) -> None:
    """Each client of a database gets the credentials with which that database was initialised."""
    found = parity(release.model, release.environment.initialised, target.mongodb)
    if not found.databases:
        pytest.skip("no database whose credentials are known is in this stack")
    good = f"{', '.join(found.databases)}: {len(found.judged)} variables agree"
    expected = "the credentials with which each database was initialised"
    expect(not found.wrong, found.wrong.values(), found=good, expected=expected)
    expect(
        not found.doubtful,
        found.doubtful.values(),
        found=good,
        expected=expected,
        fix="See to it that the database has that user, with that password.",
        severity="warning",
    )


@pytest.mark.offline(without="env files on the target, and what values are weak")
@pytest.mark.check(
    "environment.secrets",
    reason="A secret that everybody on the host, in git or in a word list can read is none.",
    fix="chmod 600 these files; take them out of git and change what was in them.",
)
def test_environment_secrets(target: Target, release: Release, expect: Expect) -> None:
    """Env files are private and not in git, and no secret has a weak or default value."""
    own, wrong = env_file.file(target), []
    tracked = [
        f"{name} in {target.source} holds secrets and git tracks it" for name in release.files.beside.secrets
    ]
    if release.offline:
        found = "git tracks no env file with secrets"
        expect(not tracked, tracked, found=found, expected="no env file with secrets in git")
        return
    for path, place in release.environment.files.items():
        if place is None or path == own:
            continue
        if not place.is_file or not place.readable:
            wrong.append(f"{path} is {place.told}, no file that the login may read")
        elif not place.private:
            wrong.append(f"{path} is {place.told}: others may read it")
    wrong += tracked
    good = f"env files of services, all private: {len(release.environment.files)}; no weak value"
    expected = "env files that are private and not in git, secrets that nobody guesses"
    expect(not wrong, wrong, found=good, expected=expected)
    expect(
        not release.environment.weak,
        [f"{name} {said}" for name, said in sorted(release.environment.weak.items())],
        found=good,
        expected=expected,
        fix="Change them, in what already uses them too (a database keeps its first password).",
        severity="warning",
    )
