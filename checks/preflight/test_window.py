"""Whether now is a time for deployments."""

from __future__ import annotations

import datetime
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.release.host import Host
from gonogo.deploy.target.sections.conditions import Window
from gonogo.deploy.target.sections.values import Day
from gonogo.deploy.target.target import Target

DAYS = get_args(Day)


def opening(window: Window, day: datetime.date) -> tuple[datetime.datetime, datetime.datetime] | None:
    """Return when a window opens on a day and when it closes; None where it stays shut.

    It closes on the next day where its end is not after its start. Times are those of the window's zone.
    """
    if DAYS[day.weekday()] not in window.days:
        return None
    start, end = (_at(window, day, text) for text in (window.start, window.end))
    return (start, end if end > start else _at(window, day + datetime.timedelta(1), window.end))


def is_open(window: Window, now: datetime.datetime) -> bool:
    """Return whether a window is open at a moment, that of its start included and that of its end not."""
    today = now.astimezone(ZoneInfo(window.timezone)).date()
    days = (opening(window, today - datetime.timedelta(back)) for back in (0, 1))
    return any(one is not None and one[0] <= now < one[1] for one in days)


def following(window: Window, now: datetime.datetime) -> datetime.datetime:
    """Return when a window opens next."""
    today = now.astimezone(ZoneInfo(window.timezone)).date()
    days = (opening(window, today + datetime.timedelta(ahead)) for ahead in range(8))
    return next(one[0] for one in days if one is not None and one[0] > now)


def _at(window: Window, day: datetime.date, text: str) -> datetime.datetime:
    hour, minute = map(int, text.split(":"))
    day += datetime.timedelta(hour // 24)
    return datetime.datetime.combine(day, datetime.time(hour % 24, minute), ZoneInfo(window.timezone))


@pytest.mark.check(
    "time.window",
    reason="Outside the agreed hours nobody is there to look after a deployment, or too many use the stack.",
    fix="Wait until the window opens, or change [window] in the target file.",
)
def test_time_window(controller: Host, target: Target, expect: Expect) -> None:
    """A deployment may start at this time."""
    window = target.window
    if window is None:
        pytest.skip("the target file has no [window]")
    moment = controller.clock.now
    now = moment.astimezone(ZoneInfo(window.timezone))
    expect(
        is_open(window, moment),
        found=f"{now:%a %Y-%m-%d %H:%M} in {window.timezone}",
        expected=f"{', '.join(window.days)} from {window.start} until {window.end}",
        fix=f"Wait until {following(window, moment):%a %Y-%m-%d %H:%M} ({window.timezone}), or change "
        "[window] in the target file.",
    )
