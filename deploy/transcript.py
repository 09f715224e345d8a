"""The record of everything that was asked of a target: the evidence of the report."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

OUTPUT_LIMIT = 20_000
"""Characters of an answer that are kept; the report needs evidence, not the whole of a log."""


@dataclass(frozen=True)
class Entry:
    """One command and its answer, redacted; ``at`` is in seconds since the epoch."""

    command: str
    exit_status: int | None
    output: str
    seconds: float
    mutates: bool = False
    at: float = field(default_factory=time.time)


class Transcript:
    """An append-only list of entries, redacted with all that is known when they are read."""

    def __init__(self, redact: Callable[[str], str] = str) -> None:
        """Begin empty. ``redact`` turns text into text without secrets."""
        self.redact = redact
        self._entries: list[Entry] = []

    def add(self, entry: Entry) -> None:
        """Append an entry, its output cut to OUTPUT_LIMIT characters."""
        output = entry.output
        if len(output) > OUTPUT_LIMIT:
            # A cut through a secret would leave a piece that no longer matches, so redact first.
            output = self.redact(output)
            output = f"{output[:OUTPUT_LIMIT]}\n… {len(output) - OUTPUT_LIMIT} more characters"
        self._entries.append(
            Entry(entry.command, entry.exit_status, output, entry.seconds, entry.mutates, entry.at)
        )

    def mark(self) -> int:
        """Return a position to read from later."""
        return len(self._entries)

    def since(self, mark: int, until: int | None = None) -> list[Entry]:
        """Return the redacted entries from ``mark`` on, up to ``until`` when given."""
        return [
            Entry(self.redact(e.command), e.exit_status, self.redact(e.output), e.seconds, e.mutates, e.at)
            for e in self._entries[mark:until]
        ]
