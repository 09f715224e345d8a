"""The env example: the file in the repository that shows what an env file of the stack has to hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from gonogo.deploy.compose import command_line, unresolved
from gonogo.deploy.compose.dotenv import read
from gonogo.deploy.compose.unfilled import uses
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.redaction.secret_values import looks_secret
from gonogo.deploy.redaction.weak_secrets import DEFAULT, is_placeholder, weakness
from gonogo.deploy.target.target import Target

USUAL = ".env.example"
GIVEN = {*command_line.KEPT, command_line.PROJECT, "PWD"}
"""Variables that no env file needs to give."""


@dataclass(frozen=True)
class Example:
    """What an env example says, without its values.

    ``file``: its name, relative to ``source``. ``faults``: what is wrong with its form. ``real``: variables
    whose values look like real secrets.
    """

    file: str
    names: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    real: tuple[str, ...] = ()


def path(target: Target) -> Path:
    """Return where the env example of a target lies, whether it is there or not."""
    return target.source / (target.environment.example or USUAL)


def text(target: Target) -> str | None:
    """Return the env example as it stands; None where there is none. Raises GonogoError."""
    file = path(target)
    try:
        return file.read_text("utf-8-sig") if file.is_file() else None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise GonogoError(f"the env example {file} cannot be read: {why}") from None


def look(target: Target) -> Example | None:
    """Return what the env example of a target says; None where there is none. Raises GonogoError."""
    found = text(target)
    if found is None:
        return None
    values, faults = read(found)
    real = tuple(name for name, value in values.items() if is_real(name, value, target))
    return Example(target.environment.example or USUAL, tuple(values), tuple(faults), real)


def is_real(name: str, value: str, target: Target) -> bool:
    """Return whether a value looks like a secret that is in use: no placeholder, nothing that all guess."""
    return any(
        not is_known(secret_value, target) and not weakness(name, secret_value)
        for secret_value in looks_secret(name, value)
    )


def is_known(value: str, target: Target) -> bool:
    """Return whether a value is a placeholder, or one that everybody knows."""
    return is_placeholder(value, target.environment.placeholders) or bool(DEFAULT.fullmatch(value[:64]))


def demanded(flat: str, target: Target) -> list[str]:
    """Return the variables that an env file of the stack has to give, sorted.

    They are those that the compose files use without a default, and those that the target file requires.
    """
    return sorted((_used(flat, "", "?", ":?") | set(target.environment.required)) - GIVEN)


def insisted(flat: str, values: Mapping[str, str]) -> list[str]:
    """Return the variables for whose want Compose refuses the compose files, sorted."""
    blank = {name for name in _used(flat, ":?") if not values.get(name)}
    return sorted((blank | (_used(flat, "?") - values.keys())) - GIVEN)


def _used(flat: str, *ways: str) -> set[str]:
    return {name for name, how, _ in uses(unresolved.read(flat, "the compose files")) if how in ways}


def lacking(example: Example, wanted: Collection[str]) -> list[str]:
    """Return the names of ``wanted`` that an example does not give, sorted."""
    return sorted(set(wanted) - set(example.names))
