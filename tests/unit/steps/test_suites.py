"""What the runner makes of a suite's results, while they come and when it has ended."""

from __future__ import annotations

import pytest

from gonogo.deploy.steps import suites
from gonogo.deploy.steps.suites import Outcome
from gonogo.reports.model import CheckResult, DataCount, SuiteEnd
from tests.unit.releases import BLOCKED, FAILED, SKIPPED, WARNED, check


def outcome(*checks: CheckResult, code: int = 0, output: str = "") -> Outcome:
    return Outcome("preflight", code, list(checks), output=output)


@pytest.mark.parametrize(
    ("found", "passed", "told"),
    [
        (outcome(check("a.b"), SKIPPED), True, "1 passed, 1 not applicable"),
        (outcome(check("a.b"), WARNED, WARNED), True, "1 passed, 2 with a warning; warning: git.clean"),
        (outcome(check("a.b"), FAILED, BLOCKED, code=1), False, "failed: ports.free; 1 blocked"),
        (outcome(check("a.b"), BLOCKED), False, "1 blocked"),
        (outcome(), False, "pytest ended with 0: "),
        (outcome(check("a.b"), code=3, output="1\n2\n3\n4\n5\n6"), False, "ended with 3: 2 / 3 / 4 / 5 / 6"),
    ],
)
def test_a_suite_passes_only_when_it_ran_and_nothing_stops(found: Outcome, passed: bool, told: str) -> None:
    assert found.passed is passed
    assert told in found.told


@pytest.mark.parametrize("size", [1, 2, 7, 4096])
def test_results_are_taken_however_the_file_grows(size: int) -> None:
    end = SuiteEnd(data=[DataCount(collection="é", kind="mutable", before=1, after=1)], notes=["größer"])
    results = [FAILED, check("a.b", message="größer 😀")]
    data = "".join(f"{record.model_dump_json()}\n" for record in (*results, end)).encode()
    found, heard = Outcome("preflight", 0), []
    for start in range(0, len(data), size):
        suites._take(data[start : start + size], found, heard.append)
    assert found.checks == heard == results
    assert (found.data, found.notes, found.rest) == (end.data, end.notes, b"")
