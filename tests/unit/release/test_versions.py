"""Names of versions, from people and from servers: none is a path, an option or a word of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from gonogo.deploy import runner
from gonogo.deploy.cli import runs
from gonogo.deploy.errors import GonogoError, UsageError
from gonogo.deploy.release import history, lock, networks, recorded, records, retention, versions
from gonogo.deploy.release.records import Image, Record
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target import Target
from tests.unit import stacks
from tests.unit.tables import every

HOSTILE = ("..", ".", "../../x", "/etc", "-rf", ".hidden", "a b", "a;b", "$(id)", "a\nb", "é", "x" * 129)


@pytest.fixture
def there(tmp_path: Path) -> Target:
    return stacks.target(path=str(tmp_path))


def folder(there: Target) -> Path:
    return Path(str(there.deploy_path))


@every("name", HOSTILE)
def test_a_hostile_name_is_no_folder_and_no_release_to_go_to(name: str, tmp_path: Path) -> None:
    given = stacks.target(path=str(tmp_path))
    with pytest.raises(GonogoError, match="is no version"):
        records.folder(given, name)
    with pytest.raises(UsageError, match="names no release"):
        versions.wanted(name)
    with pytest.raises(UsageError, match="cannot name a version"):
        versions.version(name)


def test_what_gonogo_names_itself_can_be_gone_to() -> None:
    for name in ("", "adopted-20260131-080559", "8d03f5a1-20260131-080559-dirty", "1.4.2"):
        assert versions.wanted(name) == name


def test_a_rollback_to_a_path_ends_before_the_target_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(runner, "rollback", asked)
    with pytest.raises(UsageError, match=r"--to '\.\./\.\./x' names no release"):
        runs.roll_back("nowhere", to="../../x")


def test_a_journal_line_that_names_a_path_is_damaged() -> None:
    at = "2026-11-24T10:00:00+00:00"
    good = {"at": at, "version": "v1", "step": "baseline", "state": "begun", "goal": "v1", "previous": ""}
    for key in ("version", "goal", "previous"):
        for name in HOSTILE:
            assert history.parse(json.dumps(good | {key: name})) == [], (key, name)
    (run,) = history.parse(json.dumps(good))
    assert (run.version, run.goal, run.previous) == ("v1", "v1", "")


def test_a_link_out_of_the_folder_is_no_current_release(
    connection: Connection, there: Target, tmp_path: Path
) -> None:
    (tmp_path / "else").mkdir()
    record = Record(version="v1", created="", project="shop").model_dump_json()
    (tmp_path / "else" / records.RECORD).write_text(record)
    folder(there).mkdir()
    link = folder(there) / "current"
    link.symlink_to(tmp_path / "else")
    found = recorded.recorded(connection, there.deploy_path)
    assert (found.name, found.release) == ("else", None), "what lies elsewhere is not read"
    for name in ("releases/..", "releases/-x", "releases/a b"):
        link.unlink()
        link.symlink_to(name)
        for look in (
            lambda: records.current(connection, there),
            lambda: recorded.recorded(connection, there.deploy_path),
        ):
            with pytest.raises(GonogoError, match="is no version"):
                look()


def test_folders_with_other_names_are_no_releases(connection: Connection, there: Target) -> None:
    for name in ("v1", "v2\nv1", "-rf", "a b"):
        place = folder(there) / "releases" / name
        place.mkdir(parents=True)
        (place / records.RECORD).write_text("{}")
    assert set(records.listed(connection, there)) == {"v1"}


def test_a_record_in_the_folder_of_another_is_refused(connection: Connection, there: Target) -> None:
    records.save(connection, there, "v1", records.RECORD, Record(version="v2", created="", project="shop"))
    with pytest.raises(GonogoError, match=r"releases/v1/release\.json is the record of v2"):
        records.load(connection, there, "v1")


@every(
    "key, value",
    [
        ("version", "../x"),
        ("previous", "../x"),
        ("commit", "--output=/tmp/x"),
        ("project", "-p other"),
        ("images", {"api": Image(name="--force", id="sha256:1")}),
        ("images", {"api": Image(name="api", id="sha256:1 $(id)")}),
    ],
)
def test_no_record_holds_what_could_be_another_word(key: str, value: object) -> None:
    good = {"version": "v1", "created": "", "project": "shop"}
    with pytest.raises(ValidationError, match=key):
        Record.model_validate(good | {key: value})


def test_old_ways_back_go_and_no_release_with_them(connection: Connection, there: Target) -> None:
    place = folder(there) / "releases"
    for name in ("v1", *(f"rollback-{number}" for number in range(7)), "rollback-7\nv1"):
        (place / name).mkdir(parents=True)
    retention._forget_ways_back(connection, there.model_copy())
    left = {one.name for one in place.iterdir()}
    assert "v1" in left
    assert "rollback-7\nv1" in left, "who made that is not known"
    assert len(left) < 9


def test_a_label_that_names_a_path_names_no_release(there: Target) -> None:
    for name, version in (("v1", "v1"), ("..", ""), ("-x", "")):
        files = f"{there.deploy_path}/releases/{name}/compose.yaml"
        assert networks.made_by(stacks.container("api", files=files), there) == version


@every(
    "key, value",
    [
        ("pid", 0),
        ("pid", -1),
        ("pid", 10**30),
        ("who", "ada\x1b[2J"),
        ("machine", "x" * 301),
        ("run", "e"),
        ("run", "-f /etc/passwd"),
    ],
)
def test_a_lock_with_another_content_cannot_be_read(key: str, value: object, tmp_path: Path) -> None:
    given = stacks.target(path=str(tmp_path))
    folder(given).mkdir(exist_ok=True)
    holder = {"who": "ada", "machine": "laptop", "pid": 7, "version": "v9", "since": "now", "run": ""}
    (folder(given) / "lock").write_text(json.dumps(holder | {key: value}))
    with Connection.open(given) as connection:
        held = lock.look(connection, given.deploy_path)
    assert held is not None
    assert held.holder is None
