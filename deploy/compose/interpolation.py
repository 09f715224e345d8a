"""The variables in a text of a compose file, replaced as Compose replaces them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

INNERMOST = re.compile(
    r"\$(?:\{(?P<braced>[A-Za-z_]\w*)(?:(?P<how>:?[-?+])(?P<word>[^${}]*))?\}|(?P<bare>[A-Za-z_]\w*))"
)
_OPENING = re.compile(
    r"\$(?:(?P<dollar>\$)|\{(?P<braced>[A-Za-z_]\w*)(?P<how>:?[-?+])?|(?P<bare>[A-Za-z_]\w*))"
)


def interpolated(text: str, values: Mapping[str, str]) -> str:
    """Return a text with its variables replaced, as Compose does; one that is not set becomes nothing.

    Known are ``$NAME``, ``${NAME}`` and the forms with ``:-``, ``-``, ``:?``, ``?``, ``:+`` and ``+``, within
    each other too.
    """

    def value(name: str, how: str, word: str, _: str) -> str:
        given = values.get(name, "")
        holds = name in values and (given != "" or not how.startswith(":"))
        if how.endswith("+"):
            return interpolated(word, values) if holds else ""
        return given if holds or not how.endswith("-") else interpolated(word, values)

    return _replaced(text, value, dollar="$")


def with_defaults(text: str, values: Mapping[str, str]) -> str:
    """Return a text whose variables fall back to ``values`` where nothing else gives them.

    ``values`` may use variables themselves. A variable that is given, and blank, is told from one that is not
    given as Compose tells them; only where its own default or alternative begins with a colon, and ``values``
    has more than a blank for it, is it taken as not given.
    """

    def fallback(name: str, how: str, word: str, _: str) -> str:
        if name not in values:
            # In braces, for what follows may become a letter of its name.
            return f"${{{name}{how}{with_defaults(word, values)}}}" if how else f"${{{name}}}"
        if how == "+" or (how == ":+" and values[name]):
            return with_defaults(word, values)
        if how.startswith(":"):
            word = with_defaults(word, values) if how == ":+" or not values[name] else values[name]
            return f"${{{name}{':-' if values[name] else how}{word}}}"
        return f"${{{name}-{values[name]}}}"

    return _replaced(text, fallback, dollar="$$")


def _replaced(text: str, replace: Callable[[str, str, str, str], str], dollar: str) -> str:
    """Return a text with what ``replace`` gives for a variable's name, operator, word and the whole of it."""
    found, at = "", 0
    while match := _OPENING.search(text, at):
        found += text[at : match.start()]
        end = at = match.end()
        if match["braced"]:
            end = _closing(text, at)
            at = end + 1
        if match["dollar"]:
            found += dollar
        elif end == len(text) and match["braced"]:
            found += text[match.start() :]
        else:
            word = text[match.end() : end]
            name = match["braced"] or match["bare"]
            found += replace(name, match["how"] or "", word, text[match.start() : at])
    return found + text[at:]


def _closing(text: str, at: int) -> int:
    """Return where the brace closes within which ``at`` is; the text's end where none does."""
    depth = 1
    for place in range(at, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return place
    return len(text)
