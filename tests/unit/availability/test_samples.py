"""What follows from the prober's samples: gaps, percentiles and the strip."""

from __future__ import annotations

import pytest

from gonogo.deploy.availability.samples import (
    MOST_SLOTS,
    Pause,
    Sample,
    Samples,
    gap,
    percentile,
    slot_length,
    slots,
)
from tests.unit.tables import every


def good(*at: float) -> list[Sample]:
    return [Sample(one, 0.0) for one in at]


@pytest.mark.parametrize(
    ("taken", "until", "found"),
    [
        ([], 9, (0.0, None)),
        ([Sample(1, 0.1, "HTTP 502")], 9, (0.0, None)),
        (good(0, 1, 2), 2.5, (0, 1)),
        (good(0, 1, 2), 9, (2, 7)),
        ([*good(0, 1), Sample(2, 0, "HTTP 502"), *good(5, 5.5)], 6, (1, 4)),
        ([*good(3), Sample(0, 0, "refused"), *good(3.5)], 4, (3, 0.5)),
    ],
    ids=["nothing", "never", "steady", "away at the end", "away between", "away at first"],
)
def test_the_longest_time_without_a_good_answer(
    taken: list[Sample], until: float, found: tuple[float, float | None]
) -> None:
    assert gap(taken, until) == found


def test_answers_that_all_come_late_are_a_gap_without_a_failure() -> None:
    stalled = [Sample(1 + n / 10, 3 - n / 10) for n in range(20)]
    assert gap([*good(0.9), *stalled, *good(4.1)], 4.2) == (0.9, 3.1)


@pytest.mark.parametrize(
    ("taken", "pauses", "found"),
    [
        (good(0, 1, 7, 8, 9), [Pause(1, 7)], (0, 1)),
        ([*good(0, 1), Sample(7, 0, "HTTP 502"), *good(8)], [Pause(1, 7)], (1, 7)),
        (good(0, 1, 8.5, 9), [Pause(1, 7)], (1, 1.5)),
        (good(0, 1), [Pause(1, None)], (0, 1)),
        (good(0, 3, 4), [Pause(4, None)], (0, 3)),
    ],
    ids=["well after it", "not well after it", "late after it", "to the end", "away before it"],
)
def test_a_pause_is_no_gap_unless_the_stack_was_away_after_it(
    taken: list[Sample], pauses: list[Pause], found: tuple[float, float]
) -> None:
    assert gap(taken, 9, pauses) == found


@every("share, found", [(0.5, 50.0), (0.95, 95.0), (0.99, 99.0), (1.0, 100.0)])
def test_percentiles_are_those_of_the_nearest_rank(share: float, found: float) -> None:
    assert percentile([n / 1000 for n in range(1, 101)], share) == found
    assert percentile([], share) is None
    assert percentile([0.007], share) == 7.0


def test_slots_count_by_when_it_was_asked() -> None:
    assert slots([*good(0, 0.05, 0.31), Sample(0.32, 5, "x")], 0.1) == [(0.0, 2, 0), (0.3, 1, 1)]


@every("seconds", [0, 1, 60, 61, 3600])
def test_there_are_never_too_many_slots(seconds: float) -> None:
    assert seconds / slot_length(seconds) <= MOST_SLOTS
    assert slot_length(60) == 0.1


def test_before_and_during() -> None:
    # What is under way when the change begins is already a matter of the change.
    samples = Samples("http://x/", [*good(0, 1), Sample(1.4, 0.5, "HTTP 502"), Sample(3, 0.2)])
    found = samples.answered(4, 1.5, 0.1)
    assert (found.before.requests, found.before.failed, found.before.p99_ms) == (2, 0, 0.0)
    assert (found.during.requests, found.during.failed, found.during.p50_ms) == (2, 1, 200.0)
    assert (found.requests, found.failed, found.errors) == (4, 1, {"HTTP 502": 1})
    assert samples.answered(4, None, 0.1).during.requests == 0
