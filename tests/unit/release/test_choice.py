"""Which release a rollback goes to."""

from __future__ import annotations

import datetime
from types import SimpleNamespace
from typing import cast

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.release import choice, records
from gonogo.deploy.release.history import JournalledRun
from gonogo.deploy.release.records import Record
from gonogo.deploy.release.release import Release

COMING = cast(Release, SimpleNamespace(connection=None, target=None))
AT = datetime.datetime(2026, 11, 24, tzinfo=datetime.UTC)


def run(version: str, outcome: str = "deployed", goal: str = "", **given: object) -> JournalledRun:
    return JournalledRun(version, goal or version, AT, outcome=outcome, **given)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three releases, each over the one before."""
    known = {
        name: Record(version=name, previous=before, created="", project="shop")
        for name, before in (("v1", ""), ("v2", "v1"), ("v3", "v2"))
    }
    monkeypatch.setattr(records, "load", lambda _, __, name: known.get(name))
    monkeypatch.setattr(records, "listed", lambda *_: ["v3", "v2", "v1"])


GOOD = [run("v3"), run("v2"), run("v1")]


def test_the_one_before_is_meant() -> None:
    assert choice.chosen(COMING, "v3", GOOD) == "v2"
    assert choice.chosen(COMING, "v3", GOOD, "v1") == "v1"
    with pytest.raises(GonogoError, match="v1 is the first release"):
        choice.chosen(COMING, "v1", GOOD)
    with pytest.raises(GonogoError, match="no release is recorded as running"):
        choice.chosen(COMING, "", GOOD)


def test_after_a_run_that_was_cut_off_it_is_the_one_that_ran() -> None:
    cut = [run("v3", "", switched=("api",)), *GOOD[1:]]
    assert choice.chosen(COMING, "v2", cut) == "v2", "not one too far"
    assert choice.chosen(COMING, "v3", cut) == "v2", "it was made current, and not verified"
    untouched = [run("v3", ""), *GOOD[1:]]
    assert choice.chosen(COMING, "v2", untouched) == "v1", "nothing was changed"
    back = [run("rollback-1", "", goal="v1", switched=("api",)), *GOOD[1:]]
    assert [choice.chosen(COMING, now, back) for now in ("v2", "v1")] == ["v1", "v1"]


def test_a_release_that_was_never_verified_is_refused_and_never_offered() -> None:
    failed = [GOOD[0], run("v2", "rolled-back"), GOOD[2]]
    with pytest.raises(GonogoError, match=r"v2 was never verified \(rolled-back\): go to one .* \(v3, v1\)"):
        choice.chosen(COMING, "v3", failed, "v2")
    assert choice.chosen(COMING, "v3", failed) == "v1"
    later = [run("rollback-1", goal="v2"), *failed]
    assert choice.chosen(COMING, "v3", later, "v2") == "v2", "a later run verified it"
    assert choice.chosen(COMING, "v3", failed, "adopted-1") == "adopted-1", "no run of its own tells of it"
