"""The env files on the target and what the stack needs of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gonogo.deploy.facts import Facts
from gonogo.deploy.host import env_file
from gonogo.deploy.host.host import Host
from gonogo.deploy.redaction.weak_secrets import is_placeholder
from gonogo.deploy.rules.parity import parity
from gonogo.deploy.target import Target


@pytest.mark.check(
    "environment.file",
    reason="D1: the stack's secrets come from this file on the target, read by Compose itself.",
    fix="Put the env file there, owned by the login, mode 0600; correct env_file if it lies elsewhere.",
)
def test_environment_file(host: Host, target: Target, facts: Facts, expect: Callable[..., None]) -> None:
    """The env file exists, only the deployer may read it, and Compose can read every line of it."""
    _ = facts.folder
    path = env_file.file(target)
    place = facts.paths.places.get(path)
    if place is None:
        expect(
            target.env_path is None,
            found=f"no {path}",
            expected="an env file, since the target file names one",
        )
        return
    fine = place.is_file and place.readable and place.private
    expect(
        fine,
        found=f"{path}: {place.told}{'' if place.readable else ', not readable for the login'}",
        expected=f"a file that {host.login.name} may read and nobody else, mode 0600",
        fix=f"chmod 600 {path} on the target." if place.is_file and place.readable else "",
    )
    count = len(facts.environment)
    expect(
        True, found=f"{path}: {count} variables, mode {place.mode:04o}", expected="a file that Compose reads"
    )


@pytest.mark.check(
    "environment.required",
    reason="D1: the backup stopped for want of MONGODB_PASSWORD; a blank value fails later still.",
    fix="Set these variables in the env file on the target.",
)
def test_environment_required(target: Target, facts: Facts, expect: Callable[..., None]) -> None:
    """Every variable that must be set is set, not blank and no placeholder."""
    settings, given = target.environment, facts.environment
    used = {variable.name for variable in facts.variables}
    demanded = {variable.name for variable in facts.variables if variable.required} | set(settings.required)
    wrong = [f"{name} is not set" for name in sorted(demanded - set(given))]
    blank = {name for name in demanded | used if name in given and not given[name].strip()}
    wrong += [f"{name} is blank" for name in sorted(blank - set(settings.may_be_blank))]
    named = sorted(name for name in demanded | used if name in given)
    wrong += [f"{n} is a placeholder" for n in named if is_placeholder(given[n], settings.placeholders)]
    # The model says more, of literals, defaults and env files of services, once it can be resolved.
    wrong = wrong or [
        f"{name} of {service.name} is a placeholder"
        for service in facts.model.services.values()
        for name, value in sorted(service.environment.items())
        if is_placeholder(value, settings.placeholders)
    ]
    expect(
        not wrong,
        found="; ".join(wrong) or f"{len(named)} variables set",
        expected=f"{', '.join(sorted(demanded)) or 'no variable'} set; none blank or a placeholder",
    )


@pytest.mark.check(
    "environment.parity",
    reason="L1: the API had development's credentials, the database production's; it keeps its first ones.",
    fix="Give these clients what the database was initialised with; waive this check for a release that "
    "follows a change of the password in the database itself.",
)
def test_environment_parity(target: Target, facts: Facts, expect: Callable[..., None]) -> None:
    """Each client of a database gets the credentials with which that database was initialised."""
    found = parity(facts.model, facts.initialised, target.mongodb)
    if not found.databases:
        pytest.skip("no database whose credentials are known is in this stack")
    good = f"{', '.join(found.databases)}: {len(found.judged)} variables agree"
    expected = "the credentials with which each database was initialised"
    expect(not found.wrong, found="; ".join(found.wrong.values()) or good, expected=expected)
    expect(
        not found.doubtful,
        found="; ".join(found.doubtful.values()) or good,
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
def test_environment_secrets(target: Target, facts: Facts, expect: Callable[..., None]) -> None:
    """Env files are private and not in git, and no secret has a weak or default value."""
    own, wrong = env_file.file(target), []
    tracked = [f"{name} in {target.source} holds secrets and git tracks it" for name in facts.beside.secrets]
    if facts.offline:
        found = "; ".join(tracked) or "git tracks no env file with secrets"
        expect(not tracked, found=found, expected="no env file with secrets in git")
        return
    for path, place in facts.service_files.items():
        if place is None or path == own:
            continue
        if not place.is_file or not place.readable:
            wrong.append(f"{path} is {place.told}, no file that the login may read")
        elif not place.private:
            wrong.append(f"{path} is {place.told}: others may read it")
    wrong += tracked
    good = f"env files of services, all private: {len(facts.service_files)}; no weak value"
    expected = "env files that are private and not in git, secrets that nobody guesses"
    expect(not wrong, found="; ".join(wrong) or good, expected=expected)
    weak = "; ".join(f"{name} {said}" for name, said in sorted(facts.weak.items()))
    expect(
        not weak,
        found=weak or good,
        expected=expected,
        fix="Change them, in what already uses them too (a database keeps its first password).",
        severity="warning",
    )
