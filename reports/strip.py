"""The availability strip: how one URL answered over the whole watch, as stretches of the same kind."""

from __future__ import annotations

from itertools import groupby
from typing import Literal

from reports.model import Answered, Availability

Tone = Literal["good", "bad", "warn", "mute"]


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
