"""Cutting long texts: a page has to stay usable with megabytes of output, and nobody reads them there."""

from __future__ import annotations

from dataclasses import dataclass

NEAR = 200
"""Within how many characters of its place a cut is moved to the end of a line."""


@dataclass(frozen=True)
class Cut:
    """A text, whole or with its middle left out.

    ``left_out``: the characters that are missing; ``lines``: the lines that end among them.
    """

    head: str
    tail: str = ""
    left_out: int = 0
    lines: int = 0

    @property
    def note(self) -> str:
        """What is left out, in words; empty where nothing is."""
        if not self.left_out:
            return ""
        lines = f" in {self.lines:,} lines" if self.lines > 1 else ""
        return f"{self.left_out:,} characters{lines} are left out here"

    @property
    def text(self) -> str:
        """All of it as one text."""
        return f"{self.head}\n[… {self.note} …]\n{self.tail}" if self.left_out else self.head


def cut(text: str, longest: int) -> Cut:
    """Return a text of at most ``longest`` characters: a quarter of its begin, and the rest of its end.

    The end is what tells why something stopped. Where a line ends near a cut, whole lines are kept.
    """
    if len(text) <= longest:
        return Cut(text)
    begin, end = longest // 4, len(text) - (longest - longest // 4)
    before = text.rfind("\n", max(begin - NEAR, 0), begin)
    after = text.find("\n", end, min(end + NEAR, len(text)))
    begin = before if before > 0 else begin
    end = after + 1 if after >= 0 else end
    return Cut(text[:begin], text[end:], end - begin, text.count("\n", begin, end))
