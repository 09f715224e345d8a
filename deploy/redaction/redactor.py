"""What hides secrets: every known value, in every form it takes in output, becomes ``[redacted]``."""

from __future__ import annotations

import re
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from gonogo.deploy.redaction.finder import Finder, apart
from gonogo.deploy.redaction.spans import Span
from gonogo.deploy.redaction.spared import OURS, hide_values, words
from gonogo.deploy.redaction.views import view

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
        self._known: _Known | None = None
        _ALL.add(self)
        self.add(values)

    def add(self, values: Iterable[str]) -> None:
        """Hide these values too, from now on."""
        found = {piece for value in values for piece in _pieces(value)}
        with self._lock:
            if not found <= self._values:
                self._values |= found
                self._known = None

    def spare(self, texts: Iterable[str]) -> None:
        """Leave the words of these names and paths readable where they do not stand as values."""
        with self._lock:
            given = set(texts)
            self._words |= given | words(given)
            self._known = None

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
        """Return the text with ``mark`` of a value in the place of each form of it; MARK is left as it is."""
        if not text or not self._values:
            return text
        known = self._knowledge()
        text = _each_part(text, lambda part: _marked(part, known.find(part), mark))
        text = _each_part(text, lambda part: _marked(part, _seen(known, part), mark))
        text = hide_values(text, frozenset(value for value in known.spared if value in text), mark)
        return _without_wrapped(known, text, mark) if _WRAPS.search(text) else text

    def finds(self, text: str) -> bool:
        """Return whether any form of a known value is in the text."""
        return self(text) != text

    def _knowledge(self) -> _Known:
        with self._lock:
            if self._known is None:
                within = "\n".join(self._words)
                spared = frozenset(value for value in self._values if value in within)
                self._known = _Known(Finder(self._values), spared)
            return self._known


@dataclass(frozen=True)
class _Known:
    """What finds the values, and which of them are words to be left readable, or part of one."""

    finder: Finder
    spared: frozenset[str]

    def find(self, text: str) -> list[tuple[Span, str]]:
        return self.finder.find(text, self.spared.__contains__)


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

    def mark(value: str) -> str:
        return f"redacted-{numbers.setdefault(value, len(numbers) + 1)}"

    return redactor.replaced(text, mark)


def _each_part(text: str, change: Callable[[str], str]) -> str:
    return MARK.join(map(change, text.split(MARK)))


def _marked(text: str, found: list[tuple[Span, str]], mark: Callable[[str], str]) -> str:
    pieces, at = [], 0
    for (first, last), value in found:
        pieces += [text[at:first], mark(value)]
        at = last
    return "".join([*pieces, text[at:]])


def _seen(known: _Known, text: str, depth: int = 1) -> list[tuple[Span, str]]:
    """Return where values stand that only show when escapes, dumps and colours are read."""
    seen = view(text)
    if seen is None:
        return []
    found = known.find(seen.text)
    if depth < _DEPTH:
        found += _seen(known, seen.text, depth + 1)
    return apart((seen.source(span), value) for span, value in found)


def _without_wrapped(known: _Known, text: str, mark: Callable[[str], str]) -> str:
    def hidden(block: re.Match[str]) -> str:
        found = known.find("".join(block.group().split()))
        return mark(found[0][1]) if found else block.group()

    return MARK.join(_WRAPPED.sub(hidden, part) for part in text.split(MARK))


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
