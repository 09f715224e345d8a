"""What hides secrets: every known value, in every form it takes in output, becomes ``[redacted]``."""

from __future__ import annotations

import functools
import re
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from gonogo.deploy.redaction.encodings import codes, expression
from gonogo.deploy.redaction.prefilter import Traces
from gonogo.deploy.redaction.spared import OURS, hide_values, words
from gonogo.deploy.redaction.views import Span, apart, view

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
        self._within = "\n".join(OURS)
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
            given = set(texts)
            self._words |= given | words(given)
            self._within = "\n".join(self._words)

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
        return self.replaced(text, lambda _: MARK)

    def replaced(self, text: str, mark: Callable[[str], str]) -> str:
        """Return the text with ``mark`` of it in the place of all that is known; MARK is left as it is."""
        if not text or not self._values:
            return text
        likely = self.likely(text)
        spared = self._spared(likely)
        pattern = _pattern(likely, spared)
        if pattern:
            text = _each_part(text, lambda part: pattern.sub(lambda one: mark(one.group()), part))
        text = _each_part(text, lambda part: self._seen_through(part, mark))
        text = hide_values(text, spared, mark)
        return self._without_wrapped(text, mark) if _WRAPS.search(text) else text

    def _seen_through(self, text: str, mark: Callable[[str], str]) -> str:
        """Return the text with what is hidden that only shows when escapes, dumps and colours are read."""
        for (first, last), found in reversed(self._seen(text)):
            text = f"{text[:first]}{mark(found)}{text[last:]}"
        return text

    def _seen(self, text: str, depth: int = 1) -> list[tuple[Span, str]]:
        seen = view(text)
        if seen is None:
            return []
        likely = self.likely(seen.text)
        pattern = _pattern(likely, self._spared(likely))
        found = [(one.span(), one.group()) for one in pattern.finditer(seen.text)] if pattern else []
        if depth < _DEPTH:
            found += self._seen(seen.text, depth + 1)
        return apart((seen.source(span), what) for span, what in found)

    def _without_wrapped(self, text: str, mark: Callable[[str], str]) -> str:
        parts = text.split(MARK)
        # Looked through at once: each look costs more than the few characters of a block.
        blocks = [_unwrapped(block) for part in parts for block in _WRAPPED.finditer(part)]
        likely = self.likely("\n".join(blocks))
        pattern = _pattern(likely, self._spared(likely))
        if pattern is None:
            return text

        def hidden(block: re.Match[str]) -> str:
            found = pattern.search(_unwrapped(block))
            return mark(found.group()) if found else block.group()

        return MARK.join(_WRAPPED.sub(hidden, part) for part in parts)

    def finds(self, text: str) -> bool:
        """Return whether any form of a known value is in the text."""
        return self(text) != text

    def _spared(self, values: frozenset[str]) -> frozenset[str]:
        """Return which of the values are words to be left readable, or part of one."""
        return frozenset(value for value in values if value in self._within)

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
    numbers: dict[str, int] = {}

    @functools.cache
    def mark(found: str) -> str:
        values = sorted(redactor.likely(found), key=lambda value: (-len(value), value))
        patterns = ((one, _pattern(frozenset({one}), frozenset())) for one in values)
        value = next((one for one, pattern in patterns if pattern and pattern.search(found)), found)
        return f"redacted-{numbers.setdefault(value, len(numbers) + 1)}"

    return redactor.replaced(text, mark)


def _each_part(text: str, change: Callable[[str], str]) -> str:
    return MARK.join(map(change, text.split(MARK)))


def _pieces(value: str) -> Iterator[str]:
    """Yield what is to be hidden of a value: the whole and its long lines, without the mark itself."""
    for part in value.split(MARK):
        whole = part.strip()
        if len(whole) >= SHORTEST_VALUE:
            yield whole
        # Quoting within quoting that is read loosely must not take the quotes around a value.
        if len(bare := whole.strip("'\"\\")) > SHORTEST_VALUE:
            yield bare
        # Where a text is read, what looks like an escape in a value is read as well.
        if (read := view(whole)) and len(read.text) >= SHORTEST_VALUE:
            yield read.text
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
