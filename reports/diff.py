"""A unified diff, line by line, as the page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["added", "removed", "place", "same"]


@dataclass(frozen=True)
class Line:
    """One line of a diff, with its sign; ``place`` is a line that says what and where, not what is there."""

    kind: Kind
    text: str


def lines(text: str, *, started: bool = False) -> list[Line]:
    """Return the lines of a unified diff; ``---`` and ``+++`` name files only before the first ``@@``.

    ``started``: the text is the rest of a diff, of which that line came before.
    """
    found: list[Line] = []
    within = started
    for line in text.splitlines():
        within = within or line.startswith("@@")
        if line.startswith("@@") or not within:
            found.append(Line("place", line))
        elif line.startswith("+"):
            found.append(Line("added", line))
        elif line.startswith("-"):
            found.append(Line("removed", line))
        else:
            found.append(Line("same", line))
    return found


def counted(text: str) -> str:
    """Return how much a diff changes, in words: ``3 lines added, 1 removed``."""
    kinds = [line.kind for line in lines(text)]
    added, removed = kinds.count("added"), kinds.count("removed")
    return f"{added} line{'s' * (added != 1)} added, {removed} removed"
