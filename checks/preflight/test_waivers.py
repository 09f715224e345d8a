"""Whether the waivers of the target file still mean something."""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Collection, Iterable

import pytest

from gonogo.checks.plugin import catalogue
from gonogo.checks.plugin.expect import Expect
from gonogo.checks.plugin.suite import Suite
from gonogo.deploy.release.host import Host
from gonogo.deploy.target.sections.conditions import Waiver
from gonogo.deploy.target.target import Target


def void(
    waivers: Iterable[Waiver], checks: Collection[str], today: datetime.date, guards: Collection[str] = ()
) -> list[str]:
    """Return a sentence for each waiver that has expired, or names no check or one that ``guards`` data."""
    wrong = []
    for one in waivers:
        if one.check not in checks:
            near = difflib.get_close_matches(one.check, sorted(checks), n=3)
            meant = f" (did you mean {' or '.join(near)}?)" if near else ""
            wrong.append(f"there is no check {one.check}{meant}")
        elif one.check in guards:
            wrong.append(f"{one.check} guards data, and no waiver counts for it")
        elif one.until < today:
            wrong.append(f"the waiver of {one.check} ended on {one.until}")
    return wrong


@pytest.mark.offline
@pytest.mark.check(
    "waivers.valid",
    reason="A waiver that nobody looks at any more hides a fault that nobody accepted.",
    fix="Remove the waiver from the target file, correct its id (`gonogo checks` lists them), or fix what "
    "it was for; extend it only with a new reason.",
)
def test_waivers_valid(suite: Suite, controller: Host, target: Target, expect: Expect) -> None:
    """Every waiver names a check that there is and may be waived, and has not expired."""
    if not target.waivers:
        pytest.skip("the target file waives nothing")
    wrong = void(target.waivers, suite.checks, controller.clock.now.date(), catalogue.guards())
    given = ", ".join(f"{one.check} until {one.until}" for one in target.waivers)
    expect(not wrong, wrong, found=given, expected="waivers of checks that there are, for now")
