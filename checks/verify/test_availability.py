"""Whether the stack answered while it was replaced."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from gonogo.checks.plugin import results
from gonogo.checks.plugin.expect import Expect
from gonogo.checks.plugin.suite import Suite
from gonogo.deploy.target.sections.service import Availability as Budget
from gonogo.deploy.target.target import Target
from gonogo.reports.model import Answered, Availability

LOOK_S = 0.1


def settled(suite: Suite, target: Target) -> Availability | None:
    """Return how the stack answered until all of it did, or until its downtime reached the limit."""
    until = time.monotonic() + min([target.availability.budget_s, *(one.timeout_s for one in target.health)])
    seen = suite.availability
    while suite.watched and seen and not (seen.settled or seen.notes) and time.monotonic() < until:
        time.sleep(LOOK_S)
        seen = results.availability(suite.watched)
    return seen


def judged(seen: Availability) -> list[Answered]:
    """Return the URLs that answered before anything was changed: only they can have had a downtime."""
    return [one for one in seen.urls if one.before.requests > one.before.failed]


def faults(seen: Availability, budget: Budget) -> Iterator[str]:
    """Yield a sentence for each URL whose downtime or failed requests exceed the limit."""
    for one in judged(seen):
        errors = ", ".join(f"{what} {times} times" for what, times in one.errors.items())
        told = f" ({errors})" if errors else ""
        if one.gap_s is not None and one.gap_s > budget.budget_s:
            since = f"from second {one.gap_at:.1f} of {seen.seconds:.1f} on"
            yield f"{one.url} did not respond successfully for {one.gap_s:.1f} s, {since}{told}"
        failed = one.during.failed
        if budget.max_failed is not None and failed > budget.max_failed:
            yield f"{one.url}: {failed} of {one.during.requests} requests failed{told}"


@pytest.mark.check(
    "availability.gap",
    reason="Downtime of a release is measured and limited.",
    fix="See in the report when it did not answer and which service was replaced then; put a proxy or a "
    "second container before it, or raise budget_s of [availability].",
)
def test_availability_gap(suite: Suite, target: Target, expect: Expect) -> None:
    """No endpoint that answered before the release had a downtime beyond the budget."""
    seen, budget = settled(suite, target), target.availability
    if seen is None:
        pytest.skip("this is not part of a deployment, so nobody watched")
    if not judged(seen):
        pytest.skip("; ".join(seen.notes) or "no endpoint answered before the release")
    suite.notes += seen.notes
    wrong = list(faults(seen, budget))
    good = ", ".join(
        f"{one.url}: longest gap {one.gap_s:.2f} s, {one.during.failed} of {one.during.requests} failed"
        for one in judged(seen)
    )
    most = "" if budget.max_failed is None else f" and at most {budget.max_failed} failed requests"
    expect(
        not wrong,
        wrong,
        found=good,
        expected=f"no gap longer than {budget.budget_s:g} s{most}",
        # To go back costs another gap, which nobody asked for who has not said what is too long.
        severity="warning" if wrong and not budget.declared else None,
    )
