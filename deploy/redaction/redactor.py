"""What hides secrets: every known value, in every form it takes in output, becomes ``[redacted]``."""

from __future__ import annotations

import functools
import re
import threading
import weakref
from collections.abc import Iterable, Iterator
from itertools import groupby

from gonogo.deploy.redaction.encodings import codes, expression
from gonogo.deploy.redaction.prefilter import Traces
from gonogo.deploy.redaction.spared import OURS, hide_values, words

MARK = "[redacted]"
SHORTEST_VALUE = 4
SHORTEST_LINE = 8
_DEPTH = 3

# A base64 text of several lines, as ``base64`` and PEM files wrap it. The look-behind keeps it linear.
_WRAPPED = re.compile(r"(?<![\w+/-])(?:[\w+/-]{16,}\r?\n[ \t]*+)+[\w+/-]+=*", re.ASCII)
_WRAPS = re.compile(r"\n(?:(?<=[\w+/-]{16}\n)|(?<=[\w+/-]{16}\r\n))", re.ASCII)
"""The end of the first line of such a text: far quicker to look for, as it begins with one character."""


class Redactor:
    """Replaces known values with ``[redacted]``, raw and encoded; it is safe to share between threads.

    Found in any text: the value as it is, escaped for a URL, JSON, YAML, Python, HTML, a shell or Compose,
    escapes of escapes too, and as base64 or hex, alone or within a longer text. Of a value of several lines
    the whole is hidden and each line of SHORTEST_LINE characters or more.

    A value that is a word of the stack too, see ``spare``, is hidden encoded, and where it is a value.

    Values shorter than SHORTEST_VALUE characters are **not** hidden: they stand in so many words and numbers
    that replacing them would shred every text and, by what is missing, tell the value.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._values: frozenset[str] = frozenset()
        self._words = OURS
        self._traces: Traces | None = None
        _ALL.add(self)
        self.add(values)

    def add(self, values: Iterable[str]) -> None:
        """Hide these values too, from now on."""
        found = {piece for value in values for piece in _pieces(value)}
        with self._lock:
            if not found <= self._values:
                self._values |= found
                self._traces = None

    def spare(self, texts: Iterable[str]) -> None:
        """Leave the words of these names and paths readable where they do not stand as values."""
        with self._lock:
            self._words |= words(texts)

    @property
    def values(self) -> frozenset[str]:
        """What is hidden."""
        with self._lock:
            return self._values

    @property
    def words(self) -> frozenset[str]:
        """What is left readable where it is no value."""
        return self._words

    def __call__(self, text: str) -> str:
        """Return the text with all that is known hidden; hiding twice gives the same text as hiding once."""
        if not text or not self._values:
            return text
        likely = self.likely(text)
        spared = likely & self._words
        pattern = _pattern(likely, spared)
        parts = (pattern.sub(MARK, part) for part in text.split(MARK)) if pattern else [text]
        once = hide_values(MARK.join(parts), spared, MARK)
        if not _WRAPS.search(once):
            return once
        return self._without_wrapped(once)

    def _without_wrapped(self, text: str) -> str:
        parts = text.split(MARK)
        # Looked through at once: each look costs more than the few characters of a block.
        blocks = [_unwrapped(block) for part in parts for block in _WRAPPED.finditer(part)]
        likely = self.likely("\n".join(blocks))
        pattern = _pattern(likely, likely & self._words)
        if pattern is None:
            return text

        def hidden(block: re.Match[str]) -> str:
            return MARK if pattern.search(_unwrapped(block)) else block.group()

        return MARK.join(_WRAPPED.sub(hidden, part) for part in parts)

    def finds(self, text: str) -> bool:
        """Return whether any form of a known value is in the text."""
        return self(text) != text

    def likely(self, text: str) -> frozenset[str]:
        """Return the values that may be in the text, in any form: none of the others is."""
        with self._lock:
            if self._traces is None:
                self._traces = Traces(self._values)
            traces = self._traces
        return traces.find(text)


_ALL: weakref.WeakSet[Redactor] = weakref.WeakSet()


def by_all(text: str) -> str:
    """Return the text with all hidden that any redactor of this process knows; for what belongs to no run."""
    for redactor in list(_ALL):
        text = redactor(text)
    return text


def numbered(redactor: Redactor, text: str) -> str:
    """Return the text with each known value, in all its forms, replaced by ``redacted-N``.

    The same value has the same number within one text, so two places still can be compared.
    """
    likely = redactor.likely(text) if _WRAPS.search(text) is None else redactor.values
    for number, value in enumerate(sorted(likely, key=lambda value: (-len(value), value)), 1):
        alone = Redactor([value])
        alone.spare(redactor.words)
        text = alone(text).replace(MARK, f"redacted-{number}")
    return text


def _pieces(value: str) -> Iterator[str]:
    """Yield what is to be hidden of a value: the whole and its long lines, without the mark itself."""
    for part in value.split(MARK):
        whole = part.strip()
        if len(whole) >= SHORTEST_VALUE:
            yield whole
        lines = [line.strip() for line in whole.splitlines()]
        if len(lines) > 1:
            yield from (line for line in lines if len(line) >= SHORTEST_LINE)


def _unwrapped(block: re.Match[str]) -> str:
    return "".join(block.group().split())


@functools.lru_cache(maxsize=32)
def _pattern(values: frozenset[str], spared: frozenset[str]) -> re.Pattern[str] | None:
    """Return what matches any form of the values, of ``spared`` codes alone; None where there are none."""
    if not values:
        return None
    literal = [(code, "") for value in values for code in codes(value)]
    forms = {
        (lead[:_DEPTH], re.escape(lead[_DEPTH:]) + rest)
        for lead, rest in [*map(expression, values - spared), *literal]
    }
    return re.compile("|".join(_tree(sorted(forms))))


def _tree(forms: list[tuple[str, str]], depth: int = 0) -> Iterator[str]:
    """Yield alternatives, those that begin alike as one, the longest first: a flat list is far slower."""
    deeper = [form for form in forms if len(form[0]) > depth]
    for character, same in groupby(deeper, key=lambda form: form[0][depth]):
        yield f"{re.escape(character)}(?:{'|'.join(_tree(list(same), depth + 1))})"
    yield from sorted((rest for lead, rest in forms if len(lead) == depth), key=len, reverse=True)
