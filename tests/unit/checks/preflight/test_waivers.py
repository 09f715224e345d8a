"""Waivers that are void."""

from __future__ import annotations

import datetime

from gonogo.checks.preflight.test_waivers import void
from gonogo.deploy.target.sections.conditions import Waiver


def test_waivers_that_are_void() -> None:
    checks = {"ports.free", "ports.privileged", "git.clean"}
    today = datetime.date(2026, 3, 1)

    def waiver(check: str, until: datetime.date = today) -> Waiver:
        return Waiver(check=check, reason="it is known", until=until)

    assert void([waiver("ports.free")], checks, today) == []
    assert void([waiver("ports.free", datetime.date(2026, 2, 28))], checks, today) == [
        "the waiver of ports.free ended on 2026-02-28"
    ]
    assert void([waiver("ports.free")], checks, today, {"ports.free"}) == [
        "ports.free guards data, and no waiver counts for it"
    ]
    assert void([waiver("git.claen"), waiver("x.y")], checks, today) == [
        "there is no check git.claen (did you mean git.clean?)",
        "there is no check x.y",
    ]
