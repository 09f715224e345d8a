"""Small charts over the releases of a target: bars, the oldest first, and what they say in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median
from typing import Literal

from gonogo.reports.entries import GOAL_S, Entry
from gonogo.reports.words import duration

WIDTH, HEIGHT = 240.0, 60.0
"""The drawing's own units; the page scales it."""
SHOWN = 40
"""How many of the newest releases have a bar."""
LEAST_SLOTS = 12
SHORTEST = 2.0

Tone = Literal["good", "warn", "bad", "calm"]
Value = tuple[float, Tone, str]
"""What a bar shows: its height, its colour, and the value in words."""


@dataclass(frozen=True)
class Bar:
    """One release: where its bar lies, how it is coloured, and what it says."""

    x: float
    y: float
    width: float
    height: float
    tone: Tone
    label: str


@dataclass(frozen=True)
class Chart:
    """Bars and their words. ``told``: the finding; ``drawn``: what is to be seen, for who does not see it.

    ``goal``: how far down the line of the goal lies, None where there is none.
    """

    title: str
    told: str
    drawn: str
    bars: list[Bar]
    goal: float | None = None


def charts(entries: Iterable[Entry]) -> list[Chart]:
    """Return the charts of one target, whose releases come the newest first; without a bar there is none."""
    oldest = list(entries)[::-1]
    made = [each(oldest) for each in (_preflight, _duration, _downtime, _rollbacks, _recovery)]
    return [chart for chart in made if chart.bars]


def _preflight(entries: list[Entry]) -> Chart:
    def value(entry: Entry) -> Value:
        tone: Tone = "good" if entry.passed == entry.judged else "bad"
        return 100 * entry.passed / entry.judged, tone, f"{entry.passed} of {entry.judged} checks passed"

    asked = [entry for entry in entries if entry.judged]
    go = sum(entry.passed == entry.judged for entry in asked)
    told = f"{go} of {len(asked)} runs ({100 * go // max(len(asked), 1)} %)"
    return _chart("Preflight passed", told, asked, value, 100.0)


def _duration(entries: list[Entry]) -> Chart:
    def value(entry: Entry) -> Value:
        return entry.seconds, "good" if entry.seconds <= GOAL_S else "bad", duration(entry.seconds)

    changed = [entry for entry in entries if entry.changed]
    within = sum(entry.seconds <= GOAL_S for entry in changed)
    middle = _median([entry.seconds for entry in changed])
    told = f"{within} of {len(changed)} within {GOAL_S / 60:.0f} minutes; median {middle}"
    return _chart("Duration", told, changed, value, GOAL_S, GOAL_S)


def _downtime(entries: list[Entry]) -> Chart:
    measured = [entry for entry in entries if entry.downtime_s is not None]
    gaps = [entry.downtime_s or 0.0 for entry in measured]
    told = f"median {_median(gaps)}; longest {duration(max(gaps, default=0.0))}"
    return _chart("Downtime", told, measured, lambda entry: _plain(entry.downtime_s))


def _rollbacks(entries: list[Entry]) -> Chart:
    def value(entry: Entry) -> Value:
        if entry.verdict == "rollback-failed":
            return 1.0, "bad", "rollback failed"
        return (1.0, "warn", "rolled back") if entry.went_back else (0.0, "good", "stayed")

    changed = [entry for entry in entries if entry.changed]
    told = f"{sum(entry.went_back for entry in changed)} of {len(changed)} runs"
    return _chart("Rollbacks", told, changed, value, 1.0)


def _recovery(entries: list[Entry]) -> Chart:
    proved = [entry for entry in entries if entry.recovery_s is not None]
    times = [entry.recovery_s or 0.0 for entry in proved]
    told = f"median {_median(times)}; longest {duration(max(times, default=0.0))}"
    return _chart("Recovery time", told, proved, lambda entry: _plain(entry.recovery_s))


def _plain(seconds: float | None) -> Value:
    return seconds or 0.0, "calm", duration(seconds or 0.0)


def _median(values: list[float]) -> str:
    return duration(median(values) if values else 0.0)


def _chart(  # noqa: PLR0913, PLR0917  each is a part of the chart
    title: str,
    told: str,
    entries: list[Entry],
    value: Callable[[Entry], Value],
    least: float = 0.0,
    goal: float | None = None,
) -> Chart:
    """Return the chart of these releases; its highest bar is ``least`` at least."""
    shown = [(entry.version, *value(entry)) for entry in entries[-SHOWN:]]
    if not shown:
        return Chart(title, told, "", [])
    top = max(least, *(number for _, number, _, _ in shown)) or 1.0
    slot = WIDTH / max(len(shown), LEAST_SLOTS)
    bars = []
    for at, (version, number, tone, said) in enumerate(shown):
        height = max(SHORTEST, HEIGHT * number / top)
        bars.append(Bar(slot * (at + 0.1), HEIGHT - height, slot * 0.8, height, tone, f"{version}: {said}"))
    drawn = f"{title}, one bar a run, the oldest first: {', '.join(said for _, _, _, said in shown)}"
    marked = f"; a line marks {duration(goal)}" if goal else ""
    return Chart(title, told, drawn + marked, bars, HEIGHT * (1 - goal / top) if goal else None)
