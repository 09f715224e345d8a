"""The availability strip: how one URL answered over the whole watch, as stretches of the same kind."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from gonogo.reports.model import Answered, Availability

Tone = Literal["good", "bad", "warn", "mute"]


@dataclass(frozen=True)
class Gap:
    """A time without a successful response: when it began and how long it was, in seconds of the watch.

    It is as exact as a slot is long; how long the longest really was is told by ``Answered.gap_s``.
    """

    begin: float
    seconds: float


def stretches(seen: Availability, one: Answered) -> list[tuple[Tone, int]]:
    """Return the slots of a watch in their order, as (tone, how many alike).

    ``good``: all answers were; ``bad``: none was; ``warn``: some were; ``mute``: nothing was asked.
    """
    number = round(seen.seconds / seen.slot_s) if seen.slot_s > 0 else 0
    tones: list[Tone] = ["mute"] * number
    for begin, good, failed in one.slots:
        place = round(begin / seen.slot_s)
        if 0 <= place < number and good + failed:
            tones[place] = "good" if not failed else "warn" if good else "bad"
    return [(tone, len(list(alike))) for tone, alike in groupby(tones)]


def gaps(seen: Availability, one: Answered) -> list[Gap]:
    """Return the gaps in their order; slots without a request join two."""
    found: list[Gap] = []
    place, begin, end = 0, -1, -1
    for tone, number in [*stretches(seen, one), ("good", 0)]:
        if tone == "bad":
            begin, end = (place if begin < 0 else begin), place + number
        elif tone != "mute" and begin >= 0:
            found.append(Gap(begin * seen.slot_s, (end - begin) * seen.slot_s))
            begin = -1
        place += number
    return found
