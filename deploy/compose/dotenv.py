"""Env files in the format of Compose, read without Compose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gonogo.deploy.compose.interpolation import interpolated

# An optional `export`, a name, `=` or `:`, a value that may be quoted.
_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][\w.-]*)\s*[=:]\s*(.*)", re.DOTALL)
_ENDS = {'"': re.compile(r'((?:[^"\\]|\\.)*)"', re.DOTALL), "'": re.compile(r"((?:[^'\\]|\\.)*)'", re.DOTALL)}
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True)
class Entry:
    """One variable as it is written; ``literal``: in single quotes, so that no variable in it counts."""

    name: str
    value: str
    literal: bool


def read(text: str) -> tuple[dict[str, str], list[str]]:
    """Return the variables of an env file and what is wrong with its form; never a value in the latter."""
    found, faults = entries(text)
    values: dict[str, str] = {}
    for one in found:
        values[one.name] = one.value if one.literal else interpolated(one.value, values)
    return values, faults


def entries(text: str) -> tuple[list[Entry], list[str]]:
    """Return the variables of an env file, not interpolated, and what is wrong with its form."""
    found: list[Entry] = []
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
        if name in {one.name for one in found}:
            faults.append(f"{name} is given twice")
        taken, more = _value(value, lines)
        number += more
        if taken is None:
            faults.append(f"the quote of {name} in line {number - more} is never closed")
        found.append(Entry(name, taken or "", value.startswith("'")))
    return found, faults


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
