"""Releases: how they are named, and what is written on the target, here this machine."""

from __future__ import annotations

import datetime
import re
import subprocess
from pathlib import Path

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.release import recorded, records
from gonogo.deploy.release.recorded import Recorded
from gonogo.deploy.release.records import Baseline, Image, Record
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target import Target
from tests.unit.stacks import target

AT = datetime.datetime(2026, 1, 31, 8, 5, 59, tzinfo=datetime.UTC)


@pytest.fixture
def there(tmp_path: Path) -> Target:
    return target(path=str(tmp_path))


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"]
    argv = ["git", "-C", str(folder), *who, *arguments]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()


def test_a_version_outside_git(tmp_path: Path) -> None:
    assert records.version(tmp_path, AT) == "nogit-20260131-080559"
    assert records.version(tmp_path / "none", AT) == "nogit-20260131-080559"


def test_a_repository_that_git_refuses_to_read_is_no_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "-q")
    assert records.version(tmp_path, AT) == "nogit-20260131-080559", "it has no commit yet"
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "one")
    (tmp_path / "app").mkdir()
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")  # git's own tests use it
    for folder in (tmp_path, tmp_path / "app"):
        with pytest.raises(GonogoError, match=r"the version cannot be told: .*dubious.*safe\.directory"):
            records.version(folder, AT)
    monkeypatch.delenv("GIT_TEST_ASSUME_DIFFERENT_OWNER")
    (tmp_path / ".git" / "index").write_bytes(b"no index")
    with pytest.raises(GonogoError, match="git status"):
        records.version(tmp_path, AT)


def test_a_version_names_the_commit_and_whether_it_is_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "a.py").write_text("1")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "one")
    sha = git(tmp_path, "rev-parse", "HEAD")
    monkeypatch.setenv("GIT_DIR", "/nowhere")  # as in a hook of another repository
    name = records.version(tmp_path, AT)
    assert re.fullmatch(r"[0-9a-f]{8}-20260131-080559", name)
    assert sha.startswith(name[:8])
    (tmp_path / "new.py").write_text("2")
    assert records.version(tmp_path, AT) == f"{name}-dirty"
    assert records.version(tmp_path / "app", AT) == name


def test_files_of_a_release_lie_in_its_folder(there: Target, tmp_path: Path) -> None:
    base = f"{tmp_path}/.deploy/releases/v1"
    assert records.files(there, "v1") == (f"{base}/compose.yaml", f"{base}/images.yaml")


def test_the_current_release_is_switched_and_taken_back(connection: Connection, there: Target) -> None:
    assert records.current(connection, there) == ""
    Path(str(there.deploy_path)).mkdir()
    for name in ("v1", "v2"):
        records.make_current(connection, there, name)
        assert records.current(connection, there) == name
    records.make_current(connection, there, "")
    assert records.current(connection, there) == ""
    assert list(Path(str(there.deploy_path)).iterdir()) == []


def test_a_record_is_read_as_it_was_written(connection: Connection, there: Target) -> None:
    record = Record(
        version="v1",
        created="2026-01-31",
        project="shop",
        images={"é": Image(name="api", id="sha256:1")},
    )
    baseline = Baseline(taken="v0", counts={"users": 5})
    assert records.load(connection, there, "v1") is None
    records.save(connection, there, "v1", records.RECORD, record)
    records.save(connection, there, "v1", records.BASELINE, baseline)
    assert records.load(connection, there, "v1") == record
    assert records.load_baseline(connection, there, "v1") == baseline
    file = Path(str(records.folder(there, "v1"))) / records.RECORD
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_what_is_recorded_of_the_release_that_runs(connection: Connection, there: Target) -> None:
    assert recorded.recorded(connection, there.deploy_path) == Recorded()
    record = Record(version="v1", created="2026-01-31", project="shop")
    records.save(connection, there, "v1", records.RECORD, record)
    assert recorded.recorded(connection, there.deploy_path) == Recorded(), "it is there, but not current"
    records.make_current(connection, there, "v1")
    lacking = ("compose.yaml", "images.yaml")
    assert recorded.recorded(connection, there.deploy_path) == Recorded("v1", record, lacking=lacking)
    records.save(connection, there, "v1", records.COMPOSE_FILE, "services: {}")
    records.save(connection, there, "v1", records.IMAGES_FILE, "{}")
    records.save(connection, there, "v1", records.BASELINE, Baseline(taken="v0", counts={"users": 5}))
    found = recorded.recorded(connection, there.deploy_path)
    assert found == Recorded("v1", record, Baseline(taken="v0", counts={"users": 5}))
    assert found.usable == record


def test_a_recorded_release_that_is_damaged_or_gone(connection: Connection, there: Target) -> None:
    for file in records.NEEDED:
        records.save(connection, there, "v1", file, "{")
    records.save(connection, there, "v1", records.BASELINE, "[]")
    records.make_current(connection, there, "v1")
    found = recorded.recorded(connection, there.deploy_path)
    assert found == Recorded("v1", damaged=("release.json", "baseline.json"))
    with pytest.raises(GonogoError, match=r"the record of v1 .* is missing or damaged"):
        _ = found.usable
    records.make_current(connection, there, "v2")
    assert recorded.recorded(connection, there.deploy_path) == Recorded("v2", lacking=records.NEEDED)


@pytest.mark.parametrize("text", ["", "{", '{"version": "v1"}', '{"taken": "x", "more": 1}'])
def test_a_damaged_record_is_one_sentence(connection: Connection, there: Target, text: str) -> None:
    records.save(connection, there, "v1", records.RECORD, text)
    with pytest.raises(GonogoError, match=r"releases/v1/release\.json is damaged: restore it") as caught:
        records.load(connection, there, "v1")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        '{"version": "v1", "previous": "", "commit": "c0ffee", "created": "2026-01-31T08:05:59+00:00", '
        '"project": "shop", "images": {"api": {"name": "shop-api", "id": "sha256:1"}}, '
        '"hashes": {"api": "a b"}, "env_digest": "d1"}',
        '{"version": "v1", "created": "", "project": "shop", "driver": "overlay2"}',
    ],
)
def test_records_of_earlier_versions_can_be_read(text: str) -> None:
    """Pinned: what a version of gonogo wrote before records had a number for their form."""
    assert Record.model_validate_json(text).format == 1


def test_a_record_of_a_later_version_is_no_damage(connection: Connection, there: Target) -> None:
    text = '{"format": 99, "version": "v1", "created": "", "project": "shop", "more": 1}'
    records.save(connection, there, "v1", records.RECORD, text)
    with pytest.raises(
        GonogoError, match=r"release\.json was written by a later version of gonogo: use that one"
    ):
        records.load(connection, there, "v1")
    records.save(connection, there, "v1", records.RECORD, '{"version": 1')
    with pytest.raises(GonogoError, match="is damaged"):
        records.load(connection, there, "v1")
