"""The password that the command of a Redis server demands, with ``--requirepass``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

REDIS_PASSWORD = "REDIS_PASSWORD"
"""The variable that such a password is known by, as images that take it from the environment call it."""

_REQUIREPASS = re.compile(r"""--requirepass[ =]+("[^"]*"|'[^']*'|\S+)""")
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")


def requirepass(words: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return the password that a Redis server's command demands; empty where none, or none that is known."""
    for index, word in enumerate(words[:-1]):
        if word == "--requirepass":
            return _expanded(words[index + 1], environment)
    match = _REQUIREPASS.search(" ".join(words))
    return _expanded(match[1].strip("\"'"), environment) if match else ""


def _expanded(text: str, environment: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda name: environment.get(name[1], ""), text) if "$" in text else text
