"""What the prober saw of one URL, and what follows from it: gaps, percentiles, and a strip to draw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from gonogo.reports.model import Answered, Phase

MOST_SLOTS = 600


class Sample(NamedTuple):
    """One request: when it was sent, in seconds of the watch, how long it took, and what was wrong."""

    at: float
    seconds: float
    error: str = ""

    @property
    def ended(self) -> float:
        """When its answer was there, or it failed."""
        return self.at + self.seconds


class Pause(NamedTuple):
    """A time in which nothing was asked, in seconds of the watch; ``end`` is None while it lasts."""

    begin: float
    end: float | None


@dataclass
class Samples:
    """The requests to one URL. One thread adds, others may read meanwhile."""

    url: str
    taken: list[Sample] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)

    @property
    def well(self) -> bool:
        """Whether the last answer was good."""
        return bool(self.taken) and not self.taken[-1].error

    @property
    def left(self) -> bool:
        """Whether it is not asked for now."""
        return bool(self.pauses) and self.pauses[-1].end is None

    def leave(self, at: float) -> None:
        """Note that it is not asked from here on; it answered well."""
        self.pauses.append(Pause(at, None))

    def back(self, at: float) -> None:
        """Note that it is asked again."""
        self.pauses[-1] = Pause(self.pauses[-1].begin, at)

    def answered(self, until: float, changed_at: float | None, slot_s: float) -> Answered:
        """Return what is known of the URL at ``until`` (seconds of the watch); see ``Answered``."""
        taken = list(self.taken)
        errors = Counter(sample.error for sample in taken if sample.error)
        split = until if changed_at is None else changed_at
        gap_at, gap_s = gap(taken, until, self.pauses)
        return Answered(
            url=self.url,
            requests=len(taken),
            failed=errors.total(),
            gap_s=gap_s,
            gap_at=gap_at,
            before=phase([sample for sample in taken if sample.ended < split]),
            during=phase([sample for sample in taken if sample.ended >= split]),
            errors=dict(errors.most_common()),
            slots=slots(taken, slot_s),
        )


def gap(taken: Sequence[Sample], until: float, pauses: Sequence[Pause] = ()) -> tuple[float, float | None]:
    """Return when the longest time without a successful response began and how long it was, in seconds.

    It counts from one successful response's arrival to the next one's, or to ``until``: a response that came
    late is a gap although no request failed. A pause is none, unless the first response after it failed: then
    nobody knows for how long that was so. The length is None without any successful response.
    """
    good = sorted(sample.ended for sample in taken if not sample.error)
    if not good:
        return 0.0, None
    bad = [one.ended for one in taken if one.error]
    last = min(until, pauses[-1].begin) if pauses and pauses[-1].end is None else until
    pairs = zip(good, [*good[1:], max(last, good[-1])], strict=True)
    lengths = ((a, b - a - _paused(a, b, pauses, bad)) for a, b in pairs)
    at, length = max(lengths, key=lambda pair: pair[1])
    return round(at, 3), round(length, 3)


def _paused(begin: float, end: float, pauses: Sequence[Pause], bad: Sequence[float]) -> float:
    within = [one for one in pauses if one.end is not None and begin <= one.begin and one.end <= end]
    if not within or any(begin <= at <= end for at in bad):
        return 0.0
    return sum((one.end or 0.0) - one.begin for one in within)


def phase(taken: Sequence[Sample]) -> Phase:
    """Return numbers and latencies of some requests."""
    times = sorted(sample.seconds for sample in taken if not sample.error)
    return Phase(
        requests=len(taken),
        failed=len(taken) - len(times),
        p50_ms=percentile(times, 0.50),
        p95_ms=percentile(times, 0.95),
        p99_ms=percentile(times, 0.99),
    )


def percentile(times: Sequence[float], share: float) -> float | None:
    """Return the nearest-rank percentile of sorted seconds, in milliseconds; None where there are none."""
    if not times:
        return None
    rank = max(0, -int(-len(times) * share // 1) - 1)
    return round(times[rank] * 1000, 1)


def slots(taken: Sequence[Sample], slot_s: float) -> list[tuple[float, int, int]]:
    """Return begin, successful responses and failures of each slot in which a request was sent."""
    good: Counter[int] = Counter()
    bad: Counter[int] = Counter()
    for sample in taken:
        (bad if sample.error else good)[int(sample.at / slot_s)] += 1
    return [(round(slot * slot_s, 3), good[slot], bad[slot]) for slot in sorted({*good, *bad})]


def slot_length(seconds: float) -> float:
    """Return how long a slot has to be for at most MOST_SLOTS of them, in seconds: 0.1 or a multiple."""
    length = 0.1
    while seconds / length > MOST_SLOTS:
        length *= 2
    return round(length, 1)
