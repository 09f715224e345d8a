"""The summary of a release: its figures, and the one command to go on with."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.table import Table

from gonogo.deploy.cli import tables
from gonogo.deploy.progress import summary
from gonogo.deploy.progress.plain import Plain
from gonogo.reports import words
from gonogo.reports.model import Answered
from tests.unit.releases import BLOCKED, release


def test_the_summary_has_the_figures() -> None:
    rows = dict(summary.rows(release()))
    assert rows["version"] == "8d03f5a-20260131-080559, over 4f9c2b7-20260124-101500"
    assert rows["downtime"].startswith("0.40 s at http://127.0.0.1:8001/")
    assert rows["downtime"].endswith("30 of 80 requests failed")
    assert rows["data"] == "86 documents in 4 collections before; fewer: messages 36 → 34"
    assert rows["backup"].endswith("97 documents, 371 MB in 4.5 s")
    assert rows["recovery"] == "proved, in 6.2 s"
    assert rows["time"] == "1 min 36 s; slowest: switch 45.0 s, build 31.2 s, rollback 10.7 s"
    still = Answered(url="http://a/", requests=9, gap_s=0.1)
    seen = release().availability.model_copy(update={"urls": [still]})  # type: ignore[union-attr]
    less = dict(summary.rows(release(availability=seen, data=[], backup=None, steps=[], previous="")))
    assert less["downtime"] == "none at http://a/, 9 requests"
    assert less["time"] == "1 min 36 s"
    made = [one.model_copy(update={"action": "created"}) for one in release().services]
    assert "downtime" not in dict(summary.rows(release(services=made))), "nothing ran before"
    assert not {"data", "backup", "recovery"} & less.keys()


def test_the_one_command_to_go_on_with() -> None:
    back = "data is missing: stop what writes, and run `gonogo restore demo x --replace`"
    rows: list[tuple[Any, int, str, str]] = [
        ("deployed", 0, "see `gonogo status demo`", ""),
        ("no-go", 1, "ports.free: look with `ss -ltnp`", "gonogo preflight demo"),
        ("rolled-back", 4, back, "gonogo restore demo x --replace"),
        ("interrupted", 130, "run `gonogo resume demo`", "gonogo resume demo"),
        ("failed-unchanged", 3, "`docker tag x y && docker tag …` ended with 1", "gonogo status demo"),
        (
            "locked",
            6,
            "run `gonogo resume demo` or `gonogo unlock demo`",
            "gonogo status demo",
        ),
        ("rollback-failed", 5, "log in and run `docker compose -f x up -d`", "docker compose -f x up -d"),
    ]
    for verdict, code, told, command in rows:
        made = release(verdict=verdict, exit_code=code, summary=told)
        assert summary.following(made) == command, verdict


def test_a_way_back_by_hand_and_a_resume_are_called_so_and_a_first_failure_claims_nothing() -> None:
    made = [one.model_copy(update={"action": "created"}) for one in release().services]
    given: dict[str, Any] = {"verdict": "deployed", "exit_code": 0}
    assert summary.headline(release(**given, version="rollback-20260131-080559")).startswith("WENT BACK ")
    assert summary.headline(release(**given, version="resume-20260131-080559")).startswith("RESUMED ")
    assert summary.headline(release(**given)).startswith("DEPLOYED ")
    first = release(verdict="rolled-back", services=made)
    assert summary.headline(first).startswith("FAILED AND REMOVED ")
    assert "runs again" not in words.verdict("rolled-back", "v", first=True).meaning


def test_checks_are_counted_by_their_ends() -> None:
    assert words.counted(["passed", "skipped", "passed"]) == "2 passed, 1 not applicable"
    assert words.counted(["failed", "warning"]) == "0 passed, 1 failed, 1 with a warning"


def test_a_name_is_cut_in_no_pipe(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    table = Table("", "version", "what became of it")
    name = f"8d03f5a1-20260131-080559-dirty-{'x' * 70}"
    table.add_row("*", name, "deployed: " + "replaced api " * 20)
    tables.show(table, ["version"])
    assert name in capsys.readouterr().out


def test_one_reason_of_many_blocked_checks_is_told_once() -> None:
    out = io.StringIO()
    told = Plain(out)
    told.begin("preflight")
    for _ in range(3):
        told.check(BLOCKED)
    assert out.getvalue().count("blocked by ssh.reachable") == 1
    assert out.getvalue().count(": as above") == 2
