"""The words of a command line as a shell reads them, and where each stands in the line."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PART = re.compile(r"""\\?"(?P<double>(?:[^"\\]|\\.)*)\\?"|'(?P<single>[^']*)'|(?P<bare>[^\s"'|&;()<>]+)""")


@dataclass(frozen=True)
class ShellWord:
    """A word without its quotes; ``parts``: where each of its parts begins, in the word and in the line."""

    text: str
    parts: tuple[tuple[int, int], ...]

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return the span of the line of which a span of the word is made, with the quotes between."""
        return self._place(first), self._place(last - 1) + 1

    def _place(self, at: int) -> int:
        begin, place = max(part for part in self.parts if part[0] <= at)
        return place + at - begin


def shell_words(line: str) -> list[ShellWord]:
    """Return the words of a line; what parts commands (``|``, ``&&``, ``;``, parentheses) is none."""
    words: list[ShellWord] = []
    end = -1
    for match in _PART.finditer(line):
        group = match.lastgroup or "bare"
        before = words.pop() if match.start() == end else ShellWord("", ())
        part = (len(before.text), match.start(group))
        words.append(ShellWord(before.text + match[group], (*before.parts, part)))
        end = match.end()
    return words
