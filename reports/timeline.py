"""The timeline of a release: where its steps lie, and when the stack did not answer, in percent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from gonogo.reports import words
from gonogo.reports.availability_strip import gaps
from gonogo.reports.model import Release, Step

INTERVALS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 86400)
"""Seconds that may lie between two marks of the time scale."""
MOST_TICKS = 6
SWITCH = "switch"


@dataclass(frozen=True)
class Bar:
    """A stretch of a lane: where it begins and how long it is, in percent, and how long in words."""

    left: float
    width: float
    took: str


@dataclass(frozen=True)
class Lane:
    """One line of the timeline: its name, its tone, what it says beside its name, and its stretches."""

    name: str
    tone: str
    said: str
    bars: list[Bar] = field(default_factory=list)


@dataclass(frozen=True)
class Timeline:
    """All lanes, and the marks of the time scale as (percent, words)."""

    lanes: list[Lane]
    ticks: list[tuple[float, str]]


def timeline(release: Release) -> Timeline:
    """Return the timeline of a release: a lane for each step, and one for each URL that was not answered."""
    whole = max([release.seconds, *(step.started + step.seconds for step in release.steps)], default=0.0)
    lanes = [_lane(step, whole) for step in release.steps]
    return Timeline([*lanes, *_away(release, whole)] if lanes else [], list(_ticks(whole)))


def _bar(begin: float, seconds: float, whole: float) -> Bar:
    left = min(100 * max(begin, 0.0) / whole, 100.0) if whole > 0 else 0.0
    width = min(100 * max(seconds, 0.0) / whole, 100.0 - left) if whole > 0 else 0.0
    return Bar(left, width, words.duration(seconds))


def _lane(step: Step, whole: float) -> Lane:
    said = words.STEPS[step.status]
    bar = _bar(step.started, step.seconds, whole)
    return Lane(
        step.name, said.tone, bar.took if step.status == "done" else f"{said.word}, {bar.took}", [bar]
    )


def _away(release: Release, whole: float) -> Iterator[Lane]:
    """Yield a lane for each URL with a gap; the watch and the steps have the first switch in common."""
    seen = release.availability
    switch = next((step for step in release.steps if step.name.split()[0:1] == [SWITCH]), None)
    if seen is None or seen.changed_at is None or switch is None or release.first:
        return
    begun = switch.started - seen.changed_at
    for url in seen.urls:
        if found := gaps(seen, url):
            bars = [_bar(begun + gap.begin, gap.seconds, whole) for gap in found]
            away = words.duration(url.downtime_s or 0.0)
            yield Lane("failed requests", "bad", f"{away} at most, {url.url}", bars)


def _ticks(whole: float) -> Iterator[tuple[float, str]]:
    if whole <= 0:
        return
    interval = next((one for one in INTERVALS if whole / one <= MOST_TICKS), INTERVALS[-1])
    for number in range(int(whole / interval) + 1):
        at = number * interval
        yield 100 * at / whole, _scale(at, interval)


def _scale(at: float, interval: float) -> str:
    if interval < 1:
        return f"{at:.1f} s"
    if interval < 60:
        return f"{at:.0f} s"
    return f"{at / 60:.0f} min" if interval < 3600 else f"{at / 3600:.0f} h"
