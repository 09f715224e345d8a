"""Where known values stand in a text, in any form: looked for around a few characters that each form has.

Letters and digits are never escaped (``encodings.expression``), so a value's longest run of them stands in
each form of it that is text; its codes are literal.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from ahocorasick_rs import BytesAhoCorasick

from gonogo.deploy.redaction.encodings import codes, expression
from gonogo.deploy.redaction.spans import Span, joined

LONGEST = 8
"""Characters of a trace: enough that text has it by chance once in a hundred million places."""
SHORTEST = 3
"""Letters and digits of a trace: what has fewer in a row is nearly everywhere."""
FEW = 4
"""Values that may have the same trace where they have another."""
PIECE = 1 << 20
"""Bytes of a text that are looked through at a time, so that many finds take no memory."""
WRITTEN = 2_500
"""Characters that one character is written with at most: a quote that was quoted again and again."""
_RUN = re.compile(r"[0-9A-Za-z]+")
_CODED = -1
_CONTINUED = bytes(range(0x80, 0xC0))
"""The bytes of UTF-8 that begin no character."""


class Finder:
    """Knows values, and finds all of them in a single pass over a text.

    What it costs depends neither on the number of values (Aho and Corasick, 1975) nor on which of them are
    found, as long as each has letters of its own: an expression is made for each value apart, where it is
    written in another way than plainly.
    """

    def __init__(self, values: Iterable[str]) -> None:
        """Learn the values."""
        self._runs = {value: _RUN.findall(value) for value in values}
        shared = Counter(run for runs in self._runs.values() for run in set(runs))
        found: dict[bytes, list[tuple[str, int]]] = {}
        self._anywhere = set()
        self._widths: dict[str, Span] = {}
        for value, runs in self._runs.items():
            # Many values begin alike, as with ``postgres://``: what each has alone is looked for.
            run = max(runs, key=lambda run: (len(run) >= SHORTEST, shared[run] <= FEW, len(run)), default="")
            if len(run) < SHORTEST:
                self._anywhere.add(value)
            else:
                at = value.index(run) + _offset(run)
                found.setdefault(_within(run), []).append((value, at))
                self._widths[value] = _written(value[:at]), _written(value[at:])
            for trace in set(map(_within, codes(value))):  # many codes of a value have the same
                found.setdefault(trace, []).append((value, _CODED))
        self._found = list(found.values())
        self._automaton = BytesAhoCorasick(found) if found else None

    def find(self, text: str, spared: Callable[[str], bool] = lambda _: False) -> list[tuple[Span, str]]:
        """Return where values stand, in order and apart, with the longest value of each place.

        ``spared``: whether a value is looked for as a code alone.
        """
        found: list[tuple[Span, str]] = []
        for value, (as_text, as_code) in self._traced(text).items():
            for place in as_code:
                found += [(span, value) for span in _coded(text, value, place)]
            if not spared(value):
                found += [(span, value) for span in self._as_text(text, value, as_text)]
        return apart(found)

    def _traced(self, text: str) -> dict[str, tuple[list[Span], list[int]]]:
        """Return of each value that may be in a text where its traces are, those as text and those of codes.

        Of those as text it is told where in the value each is.
        """
        found: dict[str, tuple[list[Span], list[int]]] = {value: ([], []) for value in self._anywhere}
        for place, trace in self._traces(text):
            for value, at in self._found[trace]:
                as_text, as_code = found.setdefault(value, ([], []))
                if at == _CODED:
                    as_code.append(place)
                else:
                    as_text.append((place, at))
        return found

    def _traces(self, text: str) -> Iterator[Span]:
        """Yield where traces are in a text, in characters, and the number of each."""
        data = text.encode("utf-8", "surrogatepass")
        seen = characters = 0
        for start in range(0, len(data) if self._automaton else 0, PIECE):
            for first, trace in self._look(data[start : start + PIECE + LONGEST - 1]):
                if len(data) == len(text):
                    yield start + first, trace
                else:
                    characters += len(data[seen : start + first].translate(None, _CONTINUED))
                    seen = start + first
                    yield characters, trace

    def _look(self, piece: bytes) -> list[Span]:
        assert self._automaton
        matches = self._automaton.find_matches_as_indexes(piece, overlapping=True)
        # What begins behind PIECE is in the next one, too.
        return sorted((first, trace) for trace, first, _ in matches if first < PIECE)

    def _as_text(self, text: str, value: str, traces: list[Span]) -> Iterator[Span]:
        """Yield where a value stands as text around its traces."""
        windows = [(0, len(text))] if value in self._anywhere else []
        for place, at in traces:
            if place >= at and text.startswith(value, place - at):
                yield place - at, place - at + len(value)
            else:
                before, behind = self._widths[value]
                windows.append((max(0, place - before), place + behind))
        for first, last in joined(windows):
            if all(text.find(run, first, last) >= 0 for run in self._runs[value]):
                yield from (one.span() for one in _expression(value).finditer(text, first, last))


def _coded(text: str, value: str, place: int) -> Iterator[Span]:
    """Yield the codes of a value that have their trace at a place."""
    for code in _codes(value):
        first = place - _offset(code)
        if first >= 0 and text.startswith(code, first):
            yield first, first + len(code)


@functools.lru_cache(maxsize=4096)
def _codes(value: str) -> frozenset[str]:
    return frozenset(codes(value))


@functools.lru_cache(maxsize=4096)
def _expression(value: str) -> re.Pattern[str]:
    lead, rest = expression(value)
    return re.compile(lead + rest)


def _offset(text: str) -> int:
    """Return where in a text its trace is: not at the beginning, for many begin alike, as ``https://``."""
    return min(LONGEST, max(0, len(text) - LONGEST) // 2)


def _within(text: str) -> bytes:
    return text[_offset(text) : _offset(text) + LONGEST].encode()


def _written(characters: str) -> int:
    """Return how long characters may be in a text."""
    return sum(1 if one.isascii() and one.isalnum() else WRITTEN for one in characters)


def apart(found: Iterable[tuple[Span, str]]) -> list[tuple[Span, str]]:
    """Return spans in order, those that overlap as one, with the longest value of each."""
    kept: list[tuple[Span, str]] = []
    for (first, last), value in sorted(set(found)):
        if kept and first < kept[-1][0][1]:
            span, other = kept[-1]
            kept[-1] = (span[0], max(last, span[1])), max(value, other, key=lambda one: (len(one), one))
        else:
            kept.append(((first, last), value))
    return kept
