"""The check of what the prober saw: what is within the budget, what is not, and what cannot be judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gonogo.checks.plugin.results import availability
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.release import Release
from gonogo.reports.model import Answered, Availability, CheckResult, Phase
from tests import harness
from tests.unit.stacks import target

URL = "http://web:8001/"


def seen(gap: float | None = 0.4, failed: int = 3, before: int = 50, **given: Any) -> Availability:
    one = Answered(
        url=URL,
        requests=100,
        failed=failed,
        gap_s=gap,
        gap_at=2.5,
        before=Phase(requests=50, failed=50 - before),
        during=Phase(requests=50, failed=failed),
        errors={"HTTP 502": failed} if failed else {},
    )
    return Availability(rate=100, seconds=20, urls=[one], **given)


def checked(found: Availability | None, **budget: Any) -> CheckResult:
    to = target(availability=budget)
    release = Release(to, None, Redactor())
    (result,) = harness.run(
        to, release, suite="verify", only={"availability.gap"}, availability=found
    ).values()
    return result


def test_within_the_budget() -> None:
    result = checked(seen())
    assert result.status == "passed"
    assert result.found == f"{URL}: longest gap 0.40 s, 3 of 50 failed"
    assert result.expected == "no gap longer than 15 s"


def test_away_for_too_long() -> None:
    result = checked(seen(gap=1.25), budget_s=1.0)
    assert result.status == "failed"
    assert result.found == (
        f"{URL} did not respond successfully for 1.2 s, from second 2.5 of 20.0 on (HTTP 502 3 times)"
    )


def test_away_for_longer_than_the_default_is_a_warning() -> None:
    assert checked(seen(gap=15.5)).status == "warning"
    assert checked(seen(gap=15.5), budget_s=15.0).status == "failed"


def test_too_many_failures() -> None:
    result = checked(seen(), max_failed=2)
    assert (result.status, result.found) == (
        "failed",
        f"{URL}: 3 of 50 requests failed (HTTP 502 3 times)",
    )
    assert result.expected == "no gap longer than 15 s and at most 2 failed requests"
    assert checked(seen(), max_failed=3).status == "passed"


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (None, "this is not part of a deployment, so nobody watched"),
        (seen(before=0, gap=90), "no endpoint answered before the release"),
        (Availability(rate=0, seconds=1, notes=["not watched: rate is 0"]), "not watched: rate is 0"),
    ],
    ids=["alone", "first", "off"],
)
def test_what_cannot_be_judged(found: Availability | None, says: str) -> None:
    result = checked(found)
    assert (result.status, result.message) == ("skipped", says)


def test_what_is_no_file_of_the_runner_is_a_usage_error(tmp_path: Path) -> None:
    file = tmp_path / "seen.json"
    with pytest.raises(GonogoError, match="it is what the runner writes"):
        availability(str(file))
    file.write_text(seen().model_dump_json())
    assert availability(str(file)) == seen()
    assert availability(None) is None
