"""A release as a goal: whole, with its own env file, or refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release import history, records
from gonogo.deploy.release.records import Record
from gonogo.deploy.release.release import Release
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.switch import goal as goals
from gonogo.deploy.switch.goal import Goal
from tests.unit.stacks import model, target


@pytest.fixture
def coming(connection: Connection, tmp_path: Path) -> Release:
    """A target on this machine."""
    return Release(target(path=str(tmp_path)), connection, Redactor())


def save(coming: Release, version: str, *files: str, form: int = 2) -> Path:
    """Write a record and other files of a release; return its folder."""
    record = Record(format=form, version=version, created="", project="shop", env_digest="of then")
    records.save(coming.connection, coming.target, version, records.RECORD, record)
    for file in files:
        records.save(coming.connection, coming.target, version, file, "services: {}")
    return Path(str(records.folder(coming.target, version)))


def test_a_release_that_is_half_written_is_refused_and_a_folder_without_a_record_is_none(
    coming: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(coming, "v1", records.COMPOSE_FILE, records.IMAGES_FILE)
    save(coming, "v2", records.COMPOSE_FILE)
    records.save(coming.connection, coming.target, "v3", records.COMPOSE_FILE, "services: {}")
    assert goals.load(coming, "v1").version == "v1"
    with pytest.raises(
        GonogoError, match=r"images.yaml of v2 is missing: put it back into .*/v2 from a copy"
    ):
        goals.load(coming, "v2")
    monkeypatch.setattr(history, "failed", lambda _: {"v2"})
    with pytest.raises(GonogoError, match=r"there is no release v3; there are: v1$"):
        goals.load(coming, "v3")


def test_it_is_told_by_names_where_the_env_file_of_now_differs(coming: Release) -> None:
    live = Path(str(coming.target.path)) / ".env"
    folder = save(coming, "v2")
    (folder / ".env").write_text("MODE=good\nTOKEN=then-4711\n")
    live.write_text("MODE=good\nTOKEN=now-0815\nMORE=1\n")
    notes: list[str] = []

    def told(version: str, form: int) -> list[str]:
        notes.clear()
        record = Record(format=form, version=version, created="", project="shop", env_digest="of then")
        goals._told(coming, record, goals.env_files.as_of(coming.target, record), notes.append)
        return notes

    (said,) = told("v2", 2)
    assert said == f"v2 is started with its own env file ({folder}/.env); {live} differs since: " + (
        "changed: TOKEN; added: MORE"
    )
    (said,) = told("v1", 1)
    assert "was edited since v1, and an earlier version of gonogo did not keep it" in said
    live.write_text((folder / ".env").read_text())
    assert told("v2", 2) == [], "whatever was recorded of it"


def test_a_goal_of_none_has_no_version(coming: Release) -> None:
    assert (goals.nothing(coming.target, "v1").version, goals.nothing(coming.target, "v1").current) == (
        "",
        "v1",
    )
    record = Record(version="v1", created="", project="shop")
    assert Goal("v1", coming.target, record, model()).files == records.files(coming.target, "v1")
