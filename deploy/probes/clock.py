"""How far away the target is, and how far its clock is from this machine's."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from gonogo.deploy.connection import Connection
from gonogo.deploy.errors import GonogoError

COMMAND = "date +%s.%N"
"""date(1); BusyBox has no %N and leaves the fraction out."""


@dataclass(frozen=True)
class RoundTrip:
    """How long one question took, in milliseconds, and how far ahead the target's clock is, in seconds.

    ``blur_s``: how far the latter may be off, since nobody knows when in between the target read its clock.
    """

    milliseconds: float
    skew_s: float
    blur_s: float


def round_trip(connection: Connection) -> RoundTrip:
    """Return the way to the target and back, measured now; raises GonogoError when it tells no time."""
    result = connection.run(COMMAND, live=True)
    now = time.time()
    if not result.ok:
        raise GonogoError(f"{connection.host}: `{COMMAND}` ended with {result.exit_status}")
    return measured(result.text, result.seconds, now)


def measured(text: str, seconds: float, now: float) -> RoundTrip:
    """Return what a clock that said ``text`` means, asked ``seconds`` long until ``now``; GonogoError."""
    found = re.fullmatch(r"(\d+)\.?(\d*)", text.strip())
    if not found:
        raise GonogoError(f"`{COMMAND}` printed {text.strip()[:40]!r} instead of the time")
    whole = not found[2]
    theirs = float(f"{found[1]}.{found[2] or 5}")
    blur = seconds / 2 + (0.5 if whole else 0)
    return RoundTrip(round(seconds * 1000, 1), round(theirs - (now - seconds / 2), 4), round(blur, 4))
