"""History: what a journal tells of the runs before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gonogo.deploy.release import history
from gonogo.deploy.ssh.connection import Connection
from tests.unit import stacks


def line(minute: int, version: str, step: str, state: str, detail: str = "") -> str:
    row = {"at": f"2026-11-24T10:{minute:02}:00+00:00", "version": version, "step": step, "state": state}
    return json.dumps(row | ({"detail": detail} if detail else {}))


JOURNAL = [
    line(0, "v1", "baseline", "begun"),
    line(0, "v1", "baseline", "done"),
    line(1, "v1", "switch api", "begun"),
    line(2, "v1", "switch api", "done"),
    line(3, "v1", "end", "deployed", "replaced api; verified"),
    "not json",
    '{"at": "yesterday", "version": "v0"}',
    line(10, "v2", "baseline", "begun"),
    line(11, "v2", "switch web", "begun"),
]


def test_runs_are_told_newest_first_and_damaged_lines_are_passed_over() -> None:
    second, first = history.parse("\n".join(JOURNAL))
    assert (first.version, first.outcome, first.seconds, first.switched) == ("v1", "deployed", 180, ("api",))
    assert first.told == "deployed: replaced api; verified"
    assert (second.version, second.outcome, second.seconds, second.switched) == ("v2", "", None, ("web",))
    assert second.told == "never ended; the last thing it began was the step 'switch web'"


def test_the_newest_run_alone_can_be_unfinished() -> None:
    found = history.parse("\n".join(JOURNAL))
    assert history.unfinished(found) == found[0]
    unlocked = history.parse(
        "\n".join([*JOURNAL, line(12, "unlock-20261124", "end", "unlocked", "she left")])
    )
    assert history.unfinished(unlocked) == found[0]
    back = [line.replace("T10:", "T09:") if "v2" in line else line for line in JOURNAL]
    assert [one.version for one in history.parse("\n".join(back))] == ["v2", "v1"], (
        "a clock that was set back"
    )
    ended = history.parse("\n".join([*JOURNAL, line(12, "v2", "end", "rolled-back")]))
    assert history.unfinished(ended) is None
    assert history.unfinished([]) is None


def test_a_run_that_ended_on_its_way_back_is_unfinished_until_that_is_done() -> None:
    def ended(outcome: str, *rows: str) -> history.JournalledRun | None:
        return history.unfinished(history.parse("\n".join([*JOURNAL, *rows, line(30, "v2", "end", outcome)])))

    begun, failed = line(12, "v2", "rollback", "begun"), line(13, "v2", "rollback", "failed")
    halted = ended("rollback-failed", begun, failed)
    assert halted is not None
    assert halted.told == "never got back; the last thing it began was the step 'rollback'"
    assert ended("interrupted", begun, line(13, "v2", "rollback", "interrupted")) is not None
    assert ended("interrupted", begun, line(13, "v2", "rollback", "done")) is None
    assert ended("deployed", begun, failed) is None
    assert ended("interrupted", line(12, "v2", "switch web", "done")) is not None, "web alone is new"


def test_a_service_that_was_removed_counts_as_changed() -> None:
    rows = [
        line(1, "rollback-1", "plan", "begun", "v1"),
        line(2, "rollback-1", "remove", "begun", "cron, web"),
    ]
    (one,) = history.parse("\n".join(rows))
    assert (one.goal, one.switched, one.outcome) == ("v1", ("cron", "web"), "")


def test_a_run_that_was_resumed_after_its_end_was_written_is_unfinished_again() -> None:
    (one,) = history.parse("\n".join([*JOURNAL[:5], line(20, "v1", "verify", "begun")]))
    assert (one.outcome, one.step) == ("", "verify")


EARLIER = """\
{"at": "2026-11-24T10:00:00.000+00:00", "version": "v2", "step": "plan", "state": "begun"}
{"at": "2026-11-24T10:01:00.000+00:00", "version": "v2", "step": "switch api", "state": "begun"}
{"at": "2026-11-24T10:02:00.000+00:00", "version": "v2", "step": "switch api", "state": "failed"}
{"at": "2026-11-24T10:02:01.000+00:00", "version": "v2", "step": "rollback", "state": "begun", "detail": "v1"}
{"at": "2026-11-24T10:02:02.000+00:00", "version": "v2", "step": "plan", "state": "begun", "detail": "v1"}
{"at": "2026-11-24T10:02:03.000+00:00", "version": "v2", "step": "switch api", "state": "begun"}
"""
"""Pinned: the journal of a run whose way back was cut off, as earlier versions of gonogo wrote it."""


def test_a_journal_of_an_earlier_version_tells_the_goal_and_the_direction() -> None:
    (cut,) = history.parse(EARLIER)
    assert (cut.goal, cut.back, cut.previous) == ("v2", True, None)
    assert history.unfinished([cut]) is cut
    (forwards,) = history.parse("\n".join(EARLIER.splitlines()[:2]))
    assert (forwards.goal, forwards.back, forwards.switched) == ("v2", False, ("api",))


def test_the_goal_what_ran_before_and_the_direction_are_journalled() -> None:
    rows = [json.loads(line(1, "rollback-1", "plan", "begun", "v1"))]
    rows += [json.loads(line(2, "rollback-1", "switch api", "begun"))]
    for row in rows:
        row |= {"goal": "v1", "previous": "v2", "direction": "forwards"}
    (one,) = history.parse("\n".join(map(json.dumps, rows)))
    assert (one.goal, one.previous, one.back) == ("v1", "v2", False)
    rows[1]["direction"] = "back"
    assert history.parse("\n".join(map(json.dumps, rows)))[0].back


def test_a_release_counts_as_verified_by_whichever_run_verified_it() -> None:
    rows = [line(1, "v2", "switch api", "begun"), line(2, "v2", "end", "rolled-back")]
    rows += [line(3, "v3", "switch api", "begun"), line(4, "v3", "end", "interrupted")]
    rows += [line(5, "rollback-1", "plan", "begun", "v3"), line(6, "rollback-1", "end", "deployed")]
    found = history.parse("\n".join(rows))
    assert history.verified(found) == {"v3"}
    assert history.failed(found) == {"v2"}


def test_a_release_is_known_to_have_failed_however_long_ago(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "MOST", 4)
    there = stacks.target(path=str(tmp_path))
    file = tmp_path / ".deploy" / "journal.jsonl"
    file.parent.mkdir()
    old = [line(1, "v1", "switch api", "begun"), line(2, "v1", "end", "rolled-back")]
    file.write_text("\n".join([*old, *JOURNAL, ""]))
    assert history.failed(history.runs(connection, there)) == {"v2"}
    assert history.failed(history.runs(connection, there, "v1")) == {"v2"}, "it was deployed later"
    file.write_text("\n".join([*old, *JOURNAL[6:], *JOURNAL[6:], ""]))
    assert history.failed(history.runs(connection, there, "v1")) == {"v1", "v2"}
    assert history.runs(connection, there, "v")[0].version == "v2"


def test_lines_with_a_time_of_no_zone_or_too_deep_are_passed_over_or_read() -> None:
    bare = '{"format": 3, "at": "2026-11-24T09:00:00", "version": "v9", "step": "end", "state": "deployed"}'
    damaged = ["[" * 200_000, '{"format": ' + "9" * 400, bare.replace("2026", "0001")]
    assert [one.version for one in history.parse("\n".join([*damaged, *JOURNAL]))][:2] == ["v2", "v1"]
    ended = history.parse("\n".join([*JOURNAL, bare.replace("v9", "v2")]))
    assert ended[0].outcome == "deployed"
