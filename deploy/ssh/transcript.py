"""The transcript: everything that was asked of a target, with its answer: the evidence of the report."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

OUTPUT_LIMIT = 16_384
"""Characters of output that an entry keeps; of longer output it keeps the first and the last half."""

_MARGIN = 1_024


@dataclass(frozen=True)
class Entry:
    """One command: exit status (None: it gave none), output then errors, seconds; ``at`` is epoch seconds."""

    command: str
    exit_status: int | None
    output: str
    seconds: float
    mutates: bool = False
    at: float = field(default_factory=time.time)


class Transcript:
    """Entries in the order in which the commands ended; several threads may add to it.

    An entry is redacted when it is recorded and again when it is read, because some values become known only
    later, such as those of an env file. ``redact`` may be set at any time.
    """

    def __init__(self, redact: Callable[[str], str] = str) -> None:
        self.redact = redact
        self._entries: list[Entry] = []
        self._threads: list[int] = []
        self._lock = threading.Lock()

    def add(self, entry: Entry) -> None:
        """Append an entry, redacted, its output cut to about OUTPUT_LIMIT characters."""
        kept = replace(entry, command=self.redact(entry.command), output=self._excerpt(entry.output))
        with self._lock:
            self._entries.append(kept)
            self._threads.append(threading.get_ident())

    @property
    def entries(self) -> list[Entry]:
        """All entries so far, redacted with all that is known now."""
        return self.since(0)

    def mark(self) -> int:
        """Return the present place, for :meth:`since`."""
        with self._lock:
            return len(self._entries)

    def mine(self, mark: int) -> list[int]:
        """Return the places of the entries that the calling thread recorded from ``mark`` on."""
        me = threading.get_ident()
        with self._lock:
            return [place for place in range(mark, len(self._threads)) if self._threads[place] == me]

    def since(self, mark: int, until: int | None = None) -> list[Entry]:
        """Return the entries recorded from ``mark`` on, up to ``until`` when given, redacted."""
        with self._lock:
            chosen = self._entries[mark:until]
        return [self._shown(entry) for entry in chosen]

    def at(self, places: Iterable[int]) -> list[Entry]:
        """Return the entries at these places, redacted."""
        with self._lock:
            chosen = [self._entries[place] for place in places]
        return [self._shown(entry) for entry in chosen]

    def _shown(self, entry: Entry) -> Entry:
        return replace(entry, command=self.redact(entry.command), output=self.redact(entry.output))

    def _excerpt(self, output: str) -> str:
        if len(output) <= 4 * OUTPUT_LIMIT:
            text = self.redact(output)
            return text if len(text) <= OUTPUT_LIMIT else _cut(text, text, len(output))
        # A value that straddles this first cut cannot be recognised any more: a margin there is dropped.
        head = self.redact(output[: 2 * OUTPUT_LIMIT])[:-_MARGIN]
        tail = self.redact(output[-2 * OUTPUT_LIMIT :])[_MARGIN:]
        return _cut(head, tail, len(output))


def _cut(head: str, tail: str, size: int) -> str:
    half = OUTPUT_LIMIT // 2
    return f"{head[:half]}\n[… cut, {size} characters in all …]\n{tail[-half:]}"
