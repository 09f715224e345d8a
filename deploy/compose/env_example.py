"""The env example: the file in the repository that shows what an env file of the stack has to hold."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gonogo.deploy.compose import command_line, unresolved
from gonogo.deploy.compose.interpolation import INNERMOST, interpolated
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.redaction.secret_values import secret_values
from gonogo.deploy.redaction.weak_secrets import DEFAULT, is_placeholder, weakness
from gonogo.deploy.target.target import Target

USUAL = ".env.example"
GIVEN = {*command_line.KEPT, command_line.PROJECT, "PWD"}
"""Variables that no env file needs to give."""

# Compose's dotenv format: an optional `export`, a name, `=` or `:`, a value that may be quoted.
_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][\w.-]*)\s*[=:]\s*(.*)", re.DOTALL)
_ENDS = {'"': re.compile(r'((?:[^"\\]|\\.)*)"', re.DOTALL), "'": re.compile(r"((?:[^'\\]|\\.)*)'", re.DOTALL)}
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t"}


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
        for secret_value in secret_values({name: value})
    )


def is_known(value: str, target: Target) -> bool:
    """Return whether a value is a placeholder, or one that everybody knows."""
    return is_placeholder(value, target.environment.placeholders) or bool(DEFAULT.fullmatch(value[:64]))


def read(text: str) -> tuple[dict[str, str], list[str]]:
    """Return the variables of an env file and what is wrong with its form; never a value in the latter."""
    values: dict[str, str] = {}
    faults: list[str] = []
    lines = iter(text.split("\n"))
    number = 0
    for line in lines:
        number += 1
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        match = _LINE.fullmatch(bare)
        if match is None:
            faults.append(f"line {number} is no NAME=value")
            continue
        name, value = match.groups()
        if name in values:
            faults.append(f"{name} is given twice")
        taken, more = _value(value, lines)
        number += more
        if taken is None:
            faults.append(f"the quote of {name} in line {number - more} is never closed")
        literal = value.startswith("'")
        values[name] = (taken or "") if literal else interpolated(taken or "", values)
    return values, faults


def _value(value: str, lines: Iterator[str]) -> tuple[str | None, int]:
    """Return a value without quotes and comment, and how many further lines it takes; None: never closed."""
    quote = value[:1]
    if quote not in _ENDS:
        return re.split(r"(?:^|\s)#", value, maxsplit=1)[0].rstrip(), 0
    body, more = value[1:], 0
    while (match := _ENDS[quote].match(body)) is None:
        following = next(lines, None)
        if following is None:
            return None, more
        body, more = f"{body}\n{following}", more + 1
    if quote == "'":
        return match[1].replace("\\'", "'"), more
    return _ESCAPED.sub(lambda one: _LETTERS.get(one[1], one[1]), match[1]), more


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
    return {name for name, how in _uses(unresolved.read(flat, "the compose files")) if how in ways}


def _uses(value: object) -> Iterator[tuple[str, str]]:
    """Yield each variable that a parsed compose file uses, and what follows its name: ``:-``, ``?`` …"""
    if isinstance(value, dict):
        for inner in value.values():
            yield from _uses(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _uses(inner)
    elif isinstance(value, str):
        rest = value.replace("$$", "")
        while match := INNERMOST.search(rest):
            yield match["braced"] or match["bare"], match["how"] or ""
            rest = rest[: match.start()] + rest[match.end() :]


def lacking(example: Example, wanted: Collection[str]) -> list[str]:
    """Return the names of ``wanted`` that an example does not give, sorted."""
    return sorted(set(wanted) - set(example.names))
