"""The summary of a release: its figures, and the one command to go on with."""

from __future__ import annotations

from typing import Any

from gonogo.deploy.progress import summary
from gonogo.reports.model import Answered
from tests.unit.releases import release


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
        ("no-go", 1, "ports.free: look with `ss -ltnp`", "gonogo plan demo"),
        ("rolled-back", 4, back, "gonogo restore demo x --replace"),
        ("interrupted", 130, "run `gonogo resume demo`", "gonogo resume demo"),
        ("failed-unchanged", 3, "`docker tag x y && docker tag …` ended with 1", "gonogo plan demo"),
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
