"""What nobody has filled in: variables that are blank or placeholders, and where they are to be corrected."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gonogo.deploy.compose import unresolved
from gonogo.deploy.compose.interpolation import INNERMOST
from gonogo.deploy.redaction.secret_names import names_a_secret
from gonogo.deploy.redaction.weak_secrets import is_placeholder

_PASSWORD = re.compile(r"(?i)(?:pass(?:word|wd|phrase)?|pwd?)\d*$")


@dataclass(frozen=True)
class Allowed:
    """What the target file allows to be blank, and what else it calls a placeholder."""

    blank: Collection[str] = ()
    placeholders: Collection[str] = ()


@dataclass
class Unfilled:
    """Sentences by the place of the fault: the stack's env file, the compose files, env files of services."""

    env_file: list[str] = field(default_factory=list)
    compose_files: list[str] = field(default_factory=list)
    service_files: list[str] = field(default_factory=list)


def uses(value: object) -> Iterator[tuple[str, str, str]]:
    """Yield each variable that a parsed compose file uses, and what follows its name: ``:-`` and its word."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from uses(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from uses(inner)
    elif isinstance(value, str):
        rest = value.replace("$$", "")
        while found := INNERMOST.search(rest):
            yield found["braced"] or found["bare"], found["how"] or "", found["word"] or ""
            # Something stands there, so that what is around it is not taken for blank.
            rest = f"{rest[: found.start()]}\0{rest[found.end() :]}"


def insists_on_a_value(how: str, word: str) -> bool:
    """Return whether a use of a variable is of no good where it is blank.

    ``${X-}`` and ``${X:-}`` say that blank is fine; with ``${X:-word}``, ``${X:+word}``, ``${X+word}`` it is
    no blank that is used.
    """
    return how in ("", "?", ":?") or (how == "-" and bool(word))


def unfilled(
    raw: Mapping[str, Any],
    given: Mapping[str, str],
    required: Collection[str],
    environments: Mapping[str, Mapping[str, str]],
    allowed: Allowed,
) -> Unfilled:
    """Return what nobody has filled in.

    ``raw``: the compose files as one, parsed, not interpolated; ``given``: the env file; ``required``: what
    has to be in it; ``environments``: what the services get, by service.
    """
    known, services = list(uses(raw)), unresolved.services(dict(raw))
    strict = set(required) | {name for name, how, word in known if insists_on_a_value(how, word)}
    used = {name for name, _, _ in known} | set(required)
    found = Unfilled([f"{name} is not set" for name in sorted(set(required) - set(given))])
    blank = {name for name in strict & given.keys() if not given[name].strip()} - set(allowed.blank)
    placeholders = {n for n in used & given.keys() if is_placeholder(given[n], allowed.placeholders, n)}
    found.env_file += [f"{name} is blank" for name in sorted(blank)]
    found.env_file += [f"{name} is a placeholder" for name in sorted(placeholders)]
    for service, environment in environments.items():
        written = _written(services.get(service, {}))
        for name, value in sorted(environment.items()):
            why = _wrong(name, value, written.get(name, ""), allowed)
            from_env_file = name in written and written[name] is None
            told = placeholders if why == "a placeholder" else given.keys()
            if not why or (from_env_file and name not in given) or _uses_one(written.get(name), told):
                continue
            said = f"{name} of {service} is {why}"
            if from_env_file:
                found.env_file += [said] if name not in blank | placeholders else []
            else:
                (found.compose_files if name in written else found.service_files).append(said)
    return found


def as_written(raw: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return what the services get as far as the compose files tell it where Compose resolves none."""
    return {
        service: {
            name: given.get(name, "") if value is None else unresolved.filled(value)
            for name, value in _written(written).items()
        }
        for service, written in unresolved.services(dict(raw)).items()
    }


def _wrong(name: str, value: str, written: str | None, allowed: Allowed) -> str:
    if is_placeholder(value, allowed.placeholders, name):
        return "a placeholder"
    is_password = bool(_PASSWORD.search(name)) and names_a_secret(name)
    blank = not value.strip() and "$" not in (written or "") and name not in allowed.blank
    return "a blank password" if is_password and blank else ""


def _uses_one(written: str | None, names: Collection[str]) -> bool:
    return any(name in names for name, _, _ in uses(written))


def _written(service: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the variables of a service as compose files give them; None for those given by name alone."""
    environment = service.get("environment") or {}
    if isinstance(environment, dict):
        return {str(name): None if value is None else str(value) for name, value in environment.items()}
    pairs = (str(one).partition("=") for one in environment)
    return {name: value if equals else None for name, equals, value in pairs}
