"""Which of many values may be in a text: by a few characters that each form of a value is sure to have.

Letters and digits are never escaped (``encodings.expression``), so a value's longest run of them stands in
each form of it that is text; its codes are literal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ahocorasick_rs import BytesAhoCorasick

from gonogo.deploy.redaction.encodings import codes

LONGEST = 8
"""Characters of a trace: enough that text has it by chance once in a hundred million places."""
SHORTEST = 3
"""Letters and digits of a trace: what has fewer in a row is nearly everywhere."""
PIECE = 1 << 20
"""Bytes of a text that are looked through at a time, so that many finds take no memory."""
_RUN = re.compile(r"[0-9A-Za-z]+")


class Traces:
    """The traces of values, and one automaton that finds all of them in a single pass over a text.

    What it costs to look through a text does not depend on the number of values (Aho and Corasick, 1975).
    """

    def __init__(self, values: Iterable[str]) -> None:
        self._runs = {value: _RUN.findall(value) for value in values}
        found: dict[bytes, list[tuple[str, bool]]] = {}
        self._anywhere = set()
        for value, runs in self._runs.items():
            longest = max(runs, key=len, default="")
            if len(longest) < SHORTEST:
                self._anywhere.add(value)
            else:
                found.setdefault(_within(longest), []).append((value, False))
            coded = (value, True)
            for trace in set(map(_within, codes(value))):  # many codes of a value have the same
                found.setdefault(trace, []).append(coded)
        self._found = list(found.values())
        self._automaton = BytesAhoCorasick(found) if found else None

    def find(self, text: str) -> frozenset[str]:
        """Return the values of which a trace is in the text; of those as text, all letters and digits."""
        as_text, as_code = set(self._anywhere), set[str]()
        data = text.encode("utf-8", "surrogatepass")
        for start in range(0, len(data) if self._automaton else 0, PIECE):
            for trace in self._look(data[start : start + PIECE + LONGEST]):
                for value, coded in self._found[trace]:
                    (as_code if coded else as_text).add(value)
        sure = {value for value in as_text - as_code if all(run in text for run in self._runs[value])}
        return frozenset(sure | as_code)

    def _look(self, piece: bytes) -> set[int]:
        assert self._automaton
        return {trace for trace, _, _ in self._automaton.find_matches_as_indexes(piece, overlapping=True)}


def _within(text: str) -> bytes:
    """Return characters from within a text: many values begin alike, such as ``https://``."""
    start = min(LONGEST, max(0, len(text) - LONGEST) // 2)
    return text[start : start + LONGEST].encode()
