"""Deployment windows: when one is open, and when it opens next."""

from __future__ import annotations

import datetime
from typing import Any

from gonogo.checks.preflight import test_window as window
from gonogo.deploy.target.sections.conditions import Window
from tests.unit.tables import every


def utc(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)


WORKDAYS = ["mon", "tue", "wed", "thu", "fri"]


@every(
    "given, now, is_open",
    [
        ({}, "2026-03-01T03:00", True),
        ({"start": "09:00", "end": "17:00"}, "2026-03-02T09:00", True),
        ({"start": "09:00", "end": "17:00"}, "2026-03-02T08:59", False),
        ({"start": "09:00", "end": "17:00"}, "2026-03-02T17:00", False),
        ({"days": WORKDAYS}, "2026-03-01T12:00", False),
        ({"days": WORKDAYS}, "2026-03-02T00:00", True),
        ({"start": "22:00", "end": "04:00"}, "2026-03-02T03:59", True),
        ({"start": "22:00", "end": "04:00"}, "2026-03-02T04:00", False),
        ({"start": "22:00", "end": "04:00", "days": ["sun"]}, "2026-03-02T03:00", True),
        ({"start": "22:00", "end": "04:00", "days": ["sun"]}, "2026-03-01T03:00", False),
        ({"start": "08:00", "end": "08:00", "days": ["sun"]}, "2026-03-02T07:59", True),
        # Tokyo is nine hours ahead: there it is Monday already, and half past eight.
        ({"days": ["mon"], "start": "08:00", "timezone": "Asia/Tokyo"}, "2026-03-01T23:30", True),
        ({"days": ["sun"], "timezone": "Asia/Tokyo"}, "2026-03-01T23:30", False),
        # Berlin's clock stands one hour ahead in winter, two in summer.
        ({"start": "09:00", "timezone": "Europe/Berlin"}, "2026-01-15T07:30", False),
        ({"start": "09:00", "timezone": "Europe/Berlin"}, "2026-07-15T07:30", True),
    ],
)
def test_windows(given: dict[str, Any], now: str, is_open: bool) -> None:
    assert window.is_open(Window(**given), utc(now)) is is_open


def test_when_a_window_opens_next() -> None:
    only_friday = Window(days=["fri"], start="09:00", end="12:00", timezone="Europe/Berlin")
    assert window.following(only_friday, utc("2026-03-06T08:00")) == utc("2026-03-13T08:00")
    assert window.following(only_friday, utc("2026-03-06T07:59")) == utc("2026-03-06T08:00")
