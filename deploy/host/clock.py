"""The clock of a host: what time it is there, how far it is off, and how long it takes to ask."""

from __future__ import annotations

import datetime
import re
import time
from dataclasses import dataclass

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.noun import Noun

COMMAND = "date +%s.%N"
"""date(1); BusyBox has no %N and leaves the fraction out."""


@dataclass(frozen=True)
class Reading:
    """How long one question took, in milliseconds, and how far ahead the host's clock is, in seconds.

    ``blur_s``: how far the latter may be off, since nobody knows when in between the host read its clock.
    """

    milliseconds: float
    skew_s: float
    blur_s: float


class Clock(Noun):
    """The clock of a host.

    >>> host.clock.reading
    Reading(milliseconds=51.3, skew_s=-0.2, blur_s=0.0257)
    >>> controller.clock.now
    datetime.datetime(2026, 3, 2, 9, 30, tzinfo=datetime.timezone.utc)
    """

    @asked("ssh.latency")
    def reading(self) -> Reading:
        """The clock as it was read over the connection, measured now; raises GonogoError for no time."""
        result = self.connection.run(COMMAND, live=True)
        now = time.time()
        if not result.ok:
            raise GonogoError(f"{self.machine}: `{COMMAND}` ended with {result.exit_status}")
        return measured(result.text, result.seconds, now)

    @asked("time.window")
    def now(self) -> datetime.datetime:
        """The time in UTC, in whole seconds, when it was first asked for."""
        ahead = 0.0 if self._host.role == "controller" else self.reading.skew_s
        moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=ahead)
        return moment.replace(microsecond=0)


def measured(text: str, seconds: float, now: float) -> Reading:
    """Return what a clock that said ``text`` means, asked ``seconds`` long until ``now``; GonogoError."""
    match = re.fullmatch(r"(\d+)\.?(\d*)", text.strip())
    if not match:
        raise GonogoError(f"`{COMMAND}` printed {text.strip()[:40]!r} instead of the time")
    whole = not match[2]
    theirs = float(f"{match[1]}.{match[2] or 5}")
    blur = seconds / 2 + (0.5 if whole else 0)
    return Reading(round(seconds * 1000, 1), round(theirs - (now - seconds / 2), 4), round(blur, 4))
