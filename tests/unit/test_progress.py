"""What a run says while it goes on, in each of its forms; and what the runner makes of a suite's results."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from deploy import suites
from deploy.outlook import Outlook, Transfer
from deploy.progress import Json, Plain, Progress, Terminal, choose
from deploy.suites import Outcome
from reports.model import CheckResult, DataCount, Release, Step, SuiteEnd
from tests.unit.releases import check, release

FAILED = check("ports.free", "failed", message="held by [nginx]", fix="Stop it.")
WARNED = check("git.clean", "warning", message="changed", fix="Commit.")
BLOCKED = check("disk.free", "blocked", message="blocked by ssh.reachable", fix="Free room.")
SKIPPED = check("backup.destination", "skipped", message="none")
STEP = Step(name="build", status="failed", started=1.0, seconds=2.345, detail="no [space] left")


OUTLOOK = Outlook(
    version="v2",
    method="tar",
    services=[],
    transfer=Transfer(images=["shop-web"], bytes=5_000_000),
    unavailable={"web": 2.0},
    steps=["lock"],
    commits=["bbbbbbbb [skip ci] Mend it"],
)


def heard(kind: type[Progress]) -> str:
    out = io.StringIO()
    told = kind(out)
    told.begin("build", "web, api")
    for result in (check("a.b"), FAILED, WARNED, BLOCKED, SKIPPED):
        told.check(result)
    told.line("Step 1/2")
    told.sent(1_000_000)
    told.done(STEP)
    told.plan(OUTLOOK)
    told.end(release(), "/tmp/report.html")
    return out.getvalue()


END = "ROLLED-BACK demo 8d03f5a-20260131-080559: api never became healthy"


def test_plain_lines() -> None:
    lines = heard(Plain).splitlines()
    assert lines[:6] == [
        "build … web, api",
        "  ok      a.b",
        "  FAILED  ports.free: held by [nginx] — Stop it.",
        "  warning git.clean: changed — Commit.",
        "  blocked disk.free: blocked by ssh.reachable",
        "build failed in 2.3 s: no [space] left",
    ]
    assert lines[6:-2] == [f"  {line}" for line in OUTLOOK.lines]
    assert lines[-2].startswith(END)
    assert lines[-2].endswith("(exit 4)")
    assert lines[-1] == "report: /tmp/report.html"


def test_quiet_says_how_it_ended_and_nothing_else() -> None:
    lines = heard(Progress).splitlines()
    assert lines[0].startswith(END)
    assert lines[1:] == ["report: /tmp/report.html"]


def test_a_terminal_is_told_the_same_and_takes_no_brackets_for_colours() -> None:
    text = " ".join(heard(Terminal).split())
    told = ("ok a.b", "FAILED ports.free: held by [nginx]", "failed build 2.3 s no [space] left", END)
    for said in (*told, "downtime web about 2 s, as last time", "[skip ci] Mend it"):
        assert said in text
    assert "backup.destination" not in text


def test_json_is_one_object_a_line() -> None:
    events = [json.loads(line) for line in heard(Json).splitlines()]
    assert [event.pop("event") for event in events] == ["check"] * 5 + ["step", "plan", "release"]
    assert CheckResult.model_validate(events[1]) == FAILED
    assert Step.model_validate(events[5]) == STEP
    assert Outlook.model_validate(events[6]) == OUTLOOK
    assert events[7].pop("report") == "/tmp/report.html"
    assert Release.model_validate(events[7]) == release()


def test_plain_tells_every_50_megabytes_of_each_step() -> None:
    out = io.StringIO()
    told = Plain(out)
    for _ in range(11):
        told.sent(10_000_000)
    told.begin("again")
    told.sent(49_999_999)
    told.sent(1)
    assert out.getvalue().splitlines() == ["  50 MB sent", "  100 MB sent", "again …", "  50 MB sent"]


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("quiet", "as_json", "out", "kind"),
    [
        (False, False, io.StringIO, Plain),
        (False, False, Tty, Terminal),
        (True, False, Tty, Progress),
        (False, True, Tty, Json),
        (True, True, io.StringIO, Json),
    ],
)
def test_what_fits_options_and_output(quiet: bool, as_json: bool, out: Any, kind: type[Progress]) -> None:
    assert type(choose(quiet=quiet, as_json=as_json, out=out())) is kind


def outcome(*checks: CheckResult, code: int = 0, output: str = "") -> Outcome:
    return Outcome("preflight", code, list(checks), output=output)


@pytest.mark.parametrize(
    ("found", "passed", "told"),
    [
        (outcome(check("a.b"), SKIPPED), True, "1 of 2 checks passed"),
        (outcome(check("a.b"), WARNED, WARNED), True, "1 of 3 checks passed; warning: git.clean"),
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
