"""What a person sees on a terminal, made of what a program wrote to it; as far as progress goes."""

from __future__ import annotations

import re

_PART = re.compile(r"\x1b\[(\??[\d;]*)([A-Za-z])|(.)", re.DOTALL)


def seen(text: str, width: int) -> list[str]:
    """Return the lines of a terminal of ``width`` columns, with all that scrolled away."""
    rows, row, column = [""], 0, 0
    for found in _PART.finditer(text):
        number, command, character = found.groups()
        if command == "A":
            row = max(0, row - int(number or 1))
        elif command == "K":
            rows[row] = "" if number == "2" else rows[row][:column]
        elif character == "\r":
            column = 0
        elif character == "\n" or (character and column >= width):
            row, column = row + 1, 0
            rows += [""] * (row + 1 - len(rows))
        if character and character not in "\r\n":
            assert character.isprintable(), f"{character!r} is no character to be seen"
            rows[row] = rows[row][:column].ljust(column) + character + rows[row][column + 1 :]
            column += 1
    return [one.rstrip() for one in rows]
