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


@dataclass
class Samples:
    """The requests to one URL. One thread adds, others may read meanwhile."""

    url: str
    taken: list[Sample] = field(default_factory=list)

    def answered(self, until: float, changed_at: float | None, slot_s: float) -> Answered:
        """Return what is known of the URL at ``until`` (seconds of the watch); see ``Answered``."""
        taken = list(self.taken)
        errors = Counter(sample.error for sample in taken if sample.error)
        split = until if changed_at is None else changed_at
        gap_at, gap_s = gap(taken, until)
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


def gap(taken: Sequence[Sample], until: float) -> tuple[float, float | None]:
    """Return when the longest time without a successful response began and how long it was, in seconds.

    It counts from one successful response's arrival to the next one's, or to ``until``: a response that came
    late is a gap although no request failed. The length is None without any successful response.
    """
    good = sorted(sample.ended for sample in taken if not sample.error)
    if not good:
        return 0.0, None
    pairs = zip(good, [*good[1:], max(until, good[-1])], strict=True)
    at, length = max(((a, b - a) for a, b in pairs), key=lambda pair: pair[1])
    return round(at, 3), round(length, 3)


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
