"""A text as a person reads it: without colours and folds, its numbers for characters read as characters.

In it a secret is found that an escape for each letter, a dump of its bytes or a colour code would hide.
"""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gonogo.deploy.redaction.spans import Span

_COLOUR = r"\[[0-9;:?]{0,24}[A-Za-z]"
"""What follows ESC in a sequence that colours text (ECMA-48, CSI)."""
_LINE = r"[ ]?\r?\n[ ]?"
_PAIR = "[0-9A-Fa-f]{2}"
_PAIRS = rf"(?<![0-9A-Za-z]){_PAIR}(?P<by>[ :-])(?:{_PAIR}(?:(?P=by)|{_LINE})){{2,}}{_PAIR}(?![0-9A-Za-z])"
_DUMP = (
    rf"^[0-9A-Fa-f]{{6,10}}:?[ ]{{1,3}}(?P<bytes>(?:(?:{_PAIR}){{1,2}}[ ]{{1,2}}){{1,16}})"
    r"[ ]*\|?.{0,16}\|?\r?(?:\n|$)"
)
_DUMPED = re.compile(_DUMP, re.MULTILINE)
"""A line of hexdump -C or xxd: where it is, the bytes, and the same as text."""


def _characters(text: str, base: int, digits: int) -> str:
    """Return what the numbers of so many ``digits`` in a text stand for; 0: of any number of them."""
    found = re.findall(rf"[0-9A-Fa-f]{{{digits}}}" if digits else r"\d+", text)
    numbers = [int(one, base) for one in found]
    if digits == 4:
        data = b"".join(one.to_bytes(2, "big") for one in numbers)
        return data.decode("utf-16-be", "replace")
    if any(one > 255 for one in numbers):
        return ""
    try:
        return bytes(numbers).decode()
    except ValueError:
        return bytes(numbers).decode("latin-1")


def _escaped(one: re.Match[str], base: int, digits: int) -> str:
    """Return what stands behind backslashes; all but the last stay, where these are another's."""
    return _own(one["own"]) + _characters(re.sub(r"\\+[xu]?", " ", one[0]), base, digits)


def _percents(text: str) -> str:
    """Return the bytes of percent escapes, also of those that were escaped anew."""
    return " ".join(re.findall(rf"%(?:25)*?({_PAIR})(?=%|$)", text))


def _own(backslashes: str) -> str:
    """Return which of the backslashes before an escape are none of it: it has one, or is quoted anew."""
    return backslashes[1:] if len(backslashes) % 2 else ""


def _entities(text: str) -> str:
    found = re.findall(r"#(?:[xX]([0-9A-Fa-f]{1,6})|(\d{1,7}));", text)
    numbers = [int(code, 16) if code else int(number) for code, number in found]
    return "".join(chr(one) for one in numbers if one < 0x110000)


_PERCENT = "%(?:25){0,3}"
_KINDS: dict[str, Callable[[re.Match[str]], str]] = {
    rf"\x1b{_COLOUR}": lambda _: "",
    rf"(?P<own>\\{{1,8}})(?:x1[bB]|u001[bB]|0?33|e){_COLOUR}": lambda one: _own(one["own"]),
    # A line end that YAML, shells and mail make within a text.
    r"(?P<own>\\{1,8})\r?\n[ \t]*\\?": lambda one: _own(one["own"]),
    r"=\r?\n(?<=[^\n]{60}=\n)": lambda _: "",
    rf"(?P<own>\\{{1,8}})x{_PAIR}(?:\\{{1,8}}x{_PAIR})*": lambda one: _escaped(one, 16, 2),
    rf"(?P<own>\\{{1,8}})u{_PAIR}{_PAIR}(?:\\{{1,8}}u{_PAIR}{_PAIR})*": lambda one: _escaped(one, 16, 4),
    r"(?P<own>\\{1,8})[0-3][0-7]{2}(?:\\{1,8}[0-3][0-7]{2})*": lambda one: _escaped(one, 8, 3),
    rf"(?:{_PERCENT}{_PAIR})+": lambda one: _characters(_percents(one[0]), 16, 2),
    r"(?:&(?:amp;){0,3}#(?:[xX][0-9A-Fa-f]{1,6}|\d{1,7});)+": lambda one: _entities(one[0]),
    rf"(?:={_PAIR}){{2,}}|=3D": lambda one: _characters(one[0], 16, 2),
    rf"0x{_PAIR}(?:,?\s{{0,4}}0x{_PAIR}){{3,}}": lambda one: _characters(one[0].replace("0x", " "), 16, 2),
    f"(?m:(?:{_DUMP.replace('?P<bytes>', '?:')})+)": lambda one: _characters(
        " ".join(line["bytes"] for line in _DUMPED.finditer(one[0])), 16, 2
    ),
    _PAIRS: lambda one: _characters(one[0], 16, 2),
    r"(?<!\d)\d{2,3}(?:,[ ]?\d{2,3}){3,}(?!\d)": lambda one: _characters(one[0], 10, 0),
}
"""Other ways to write characters, and how each is read; each begins with what a text rarely has."""
_PATTERNS = [(re.compile(pattern), read) for pattern, read in _KINDS.items()]


@dataclass(frozen=True)
class View:
    """Lines of a text as they are read: ``starts`` of pieces of ``text``, and where these are in the source.

    A piece that was made of something else stands for all of that; of others each character for itself.
    """

    text: str
    starts: list[int]
    sources: list[Span]
    made: list[bool]

    def source(self, span: Span) -> Span:
        """Return the span of the source of which a span of the view was made."""
        first = max(0, bisect.bisect_right(self.starts, span[0]) - 1)
        last = max(0, bisect.bisect_left(self.starts, span[1]) - 1)
        start, end = self.sources[first][0], self.sources[last][1]
        if not self.made[first]:
            start += span[0] - self.starts[first]
        if not self.made[last]:
            end = self.sources[last][0] + span[1] - self.starts[last]
        return start, end


def view(text: str) -> View | None:
    """Return the lines of a text that are not what they look like; None where there are none."""
    pieces = [piece for piece in _pieces(text) if piece[0]]
    if not pieces:
        return None
    starts = [0, *itertools.accumulate(len(piece) for piece, _, _ in pieces)][:-1]
    return View(
        "".join(piece for piece, _, _ in pieces),
        starts,
        [source for _, source, _ in pieces],
        [made for _, _, made in pieces],
    )


def _pieces(text: str) -> Iterator[tuple[str, Span, bool]]:
    """Yield the pieces of a view, where each is in the text, and whether it was made of something else."""
    at = end = 0
    for (start, stop), read in _found(text):
        line = text.rfind("\n", 0, start) + 1
        if at < line:
            # The rest of the line before, and a cut: nothing is looked for in the lines between.
            last = text.find("\n", at, line) if at else at
            yield text[at:last], (at, last), False
            yield "\n\0\n", (line, line), True
            at = line
        yield text[at:start], (at, start), False
        yield read, (start, stop), True
        at = end = stop
    if end:
        last = text.find("\n", at)
        last = last if last >= 0 else len(text)
        yield text[at:last], (at, last), False


def _found(text: str) -> Iterator[tuple[Span, str]]:
    """Yield what is to be read in another way, in order and apart from each other, and how."""
    each = sorted(
        ((one.span(), read(one)) for pattern, read in _PATTERNS for one in pattern.finditer(text)),
        key=lambda one: (one[0][0], -one[0][1]),
    )
    end = 0
    for span, read in each:
        if span[0] >= end:
            yield span, read
            end = span[1]
