"""How far a transfer is: the bytes so far, how many there will be, and how fast they come."""

from __future__ import annotations

import time
from collections.abc import Callable

from gonogo.reports.words import duration, size

MINUTE_S = 60.0


class Amount:
    """The bytes of a step or a phase of it: counted in one thread, read in others, maybe a piece behind.

    ``total``: how many there will be, None where that is not known; ``about``: it is an estimate.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._begun, self._first = clock, clock(), (0.0, 0)
        self.bytes = 0
        self.total: int | None = None
        self.about = False

    def add(self, count: int) -> None:
        """Count ``count`` more bytes."""
        if not self.bytes:
            self._first = self._clock(), count
        self.bytes += count

    @property
    def seconds(self) -> float:
        """Seconds since the step began."""
        return self._clock() - self._begun

    @property
    def rate(self) -> int:
        """Bytes a second since the first piece; 0 until there is another one."""
        at, count = self._first
        return int((self.bytes - count) / max(self._clock() - at, 0.001))

    @property
    def told(self) -> str:
        """It in words, such as ``12.0 MB of 80.0 MB, 4.0 MB/s``; empty where nothing is known of it yet."""
        if not self.bytes and not self.total:
            return ""
        of = f" of {'about ' if self.about else ''}{size(self.total)}" if self.total else ""
        fast = f", {size(self.rate)}/s" if self.rate else ""
        return f"{size(self.bytes)}{of}{fast}"

    @property
    def short(self) -> str:
        """As ``told`` where there is little room, such as ``12.0 MB/80.0 MB, 4.0 MB/s``."""
        of = f"/{size(self.total)}" if self.total else ""
        return f"{size(self.bytes)}{of}, {size(self.rate)}/s"

    @property
    def timed(self) -> str:
        """It in words, with the time that the step has taken so far."""
        took = duration(self.seconds) if self.seconds >= MINUTE_S else f"{self.seconds:.0f} s"
        return ", ".join(part for part in (self.told, took) if part)
