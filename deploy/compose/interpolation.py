"""The variables in a text of a compose file, replaced as Compose replaces them."""

from __future__ import annotations

import re
from collections.abc import Mapping

INNERMOST = re.compile(
    r"\$(?:\{(?P<braced>[A-Za-z_]\w*)(?:(?P<how>:?[-?+])(?P<word>[^${}]*))?\}|(?P<bare>[A-Za-z_]\w*))"
)


def interpolated(text: str, values: Mapping[str, str]) -> str:
    """Return a text with its variables replaced, as Compose does; one that is not set becomes nothing.

    Known are ``$NAME``, ``${NAME}`` and the forms with ``:-``, ``-``, ``:?``, ``?``, ``:+`` and ``+``, within
    each other too.
    """

    def value(match: re.Match[str]) -> str:
        name, how, word = match["braced"] or match["bare"], match["how"] or "", match["word"] or ""
        given = values.get(name, "").replace("$", "\0")
        holds = name in values and (given != "" or not how.startswith(":"))
        if how.endswith("+"):
            return word if holds else ""
        return given if holds or not how.endswith("-") else word

    pieces = text.split("$$")
    for index, piece in enumerate(pieces):
        found = piece
        for _ in range(piece.count("$") + 1):
            found = INNERMOST.sub(value, found)
        pieces[index] = found
    return "$".join(pieces).replace("\0", "$")
