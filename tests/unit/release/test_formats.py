"""Versions of gonogo side by side: an earlier one changes nothing that a later one wrote."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gonogo.deploy import runner
from gonogo.deploy.cli import runs
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup import backup_store
from gonogo.deploy.mongodb.backup.manifest import MANIFEST
from gonogo.deploy.progress.base import Progress
from gonogo.deploy.release import formats, history, lock, recorded, records, retention
from gonogo.deploy.release.formats import FORMAT, Newer
from gonogo.deploy.release.journal import Journal
from gonogo.deploy.release.locking import Lock, Locked
from gonogo.deploy.release.records import Baseline, Record
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target import Target
from gonogo.reports.model import Release
from tests.unit import backup_stores, stacks
from tests.unit.tables import every

FUTURE = Path(__file__).parents[1] / "recorded" / "future"
"""Pinned: what a version of gonogo might write some day, which this one must not misread."""
LATER = "was written by a later version of gonogo: use that one"


def tree(folder: Path) -> dict[str, bytes | None]:
    return {str(path): path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


@pytest.fixture
def there(tmp_path: Path) -> Target:
    """A target on which a later version of gonogo deployed v9, and ended."""
    stack = tmp_path / "stack"
    shutil.copytree(FUTURE, stack / ".deploy", ignore=shutil.ignore_patterns("lock", "backup"))
    (stack / ".deploy").chmod(0o700)
    (stack / ".deploy" / "current").symlink_to("releases/v9")
    (tmp_path / "compose.yaml").write_text("services: {}")
    return stacks.target(tmp_path, path=str(stack), source=str(tmp_path))


def folder(there: Target) -> Path:
    return Path(str(there.deploy_path))


@every("command", [runner.deploy, runner.rollback, runner.resume])
def test_no_run_touches_what_a_later_version_wrote(
    command: Callable[..., Release], there: Target, tmp_path: Path
) -> None:
    before = tree(folder(there))
    record = command(there, Progress(io.StringIO()), published=tmp_path / "reports")
    assert (record.verdict, record.exit_code) == ("failed-unchanged", GonogoError.exit_code)
    assert LATER in record.summary
    assert tree(folder(there)) == before


def test_each_file_is_told_to_be_of_a_later_version(connection: Connection, there: Target) -> None:
    looks = {
        "release": lambda: records.load(connection, there, "v9"),
        "baseline": lambda: records.load_baseline(connection, there, "v9"),
        "current": lambda: recorded.recorded(connection, there.deploy_path),
        "journal": lambda: history.runs(connection, there),
        "retention": lambda: retention.expire(connection, there),
        "lock": Lock(connection, there, "v1").take,
    }
    before = tree(folder(there))
    for look in looks.values():
        with pytest.raises(Newer, match=LATER):
            look()
    assert tree(folder(there)) == before


@every("file", ["journal.jsonl", "releases/v9/release.json", "releases/v9/baseline.json"])
def test_one_file_of_a_later_version_is_enough(file: str, tmp_path: Path) -> None:
    given = stacks.target(path=str(tmp_path / file.replace("/", "-")))
    place = folder(given) / file
    place.parent.mkdir(parents=True)
    folder(given).chmod(0o700)
    shutil.copy(FUTURE / file, place)
    before = tree(folder(given))
    with Connection.open(given) as connection, pytest.raises(Newer, match=LATER):
        Lock(connection, given, "v1").take()
    assert tree(folder(given)) == before


def test_a_lock_of_a_later_version_is_held_and_stays(
    connection: Connection, there: Target, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("journal.jsonl", "current"):
        (folder(there) / name).unlink()
    shutil.rmtree(folder(there) / "releases")
    file = folder(there) / "lock"
    shutil.copy(FUTURE / "lock", file)
    os.utime(file, (0, 0))
    before = tree(folder(there))
    held = lock.look(connection, there.deploy_path)
    assert held is not None
    assert not held.dead, "whether it is, that version knows"
    with pytest.raises(Locked, match="locked by a later version of gonogo: wait for it, or use that version"):
        Lock(connection, there, "v1").take()
    record = runner.resume(there, Progress(io.StringIO()), published=tmp_path / "reports")
    assert record.verdict == "locked"
    monkeypatch.setattr("gonogo.deploy.target.target_file.find", lambda _: there)
    with pytest.raises(Newer, match="the lock was written by a later version"):
        runs.unlock("shop")
    assert tree(folder(there)) == before


def test_all_that_is_written_says_its_format(connection: Connection, tmp_path: Path) -> None:
    given = stacks.target(path=str(tmp_path))
    taken = Lock(connection, given, "v1")
    assert taken.take()
    Journal(connection, given, "v1").write("baseline", "begun")
    for name in ("lock", "journal.jsonl"):
        assert next(iter(json.loads((folder(given) / name).read_text()).items())) == ("format", FORMAT)
    taken.give_back()
    assert Lock(connection, given, "v2").take(), "its own format stops nobody"


@every("layout", [None, 1])
def test_a_collection_called_format_is_no_format(layout: int | None, tmp_path: Path) -> None:
    given = stacks.target(path=str(tmp_path / str(layout)))
    files = {records.RECORD: Record(version="v1", created="", project="shop", format=FORMAT)}
    counted = Baseline(format=FORMAT, taken="", counts={"format": 500})
    for name, model in {**files, records.BASELINE: counted}.items():
        place = folder(given) / "releases" / "v1" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(model.model_dump_json(indent=layout))
        assert next(iter(json.loads(place.read_text()))) == "format", "it is looked for at the begin alone"
        assert not formats.is_newer(place.read_text())
    folder(given).chmod(0o700)
    with Connection.open(given) as connection:
        assert Lock(connection, given, "v2").take()


def test_what_is_said_in_a_detail_is_no_format() -> None:
    row = {"at": "2026-11-24T10:00:00+00:00", "version": "v1", "step": "end", "state": "deployed"}
    line = json.dumps(row | {"detail": '{"format": 99}'})
    assert not formats.is_newer(line)
    assert history.parse(line)[0].summary == '{"format": 99}'


def test_backups_of_a_later_version_are_named_and_kept(connection: Connection, tmp_path: Path) -> None:
    given = backup_stores.target(tmp_path, retention_days=1, keep=1)
    ours, old = (backup_stores.put(given, days) for days in (40, 41))
    theirs = ours.parent / "demo-shop-20311124-100000"
    other = ours.parent / "demo-two-20321124-100000"
    shutil.copytree(FUTURE / "backup", theirs)
    shutil.copytree(FUTURE / "backup", other)
    text = (other / MANIFEST).read_text()
    (other / MANIFEST).write_text(text.replace('"demo"', '"demo-two"'))
    for name in (theirs.name, "latest"):
        with pytest.raises(GonogoError, match=f"{theirs.name} is of format 99, this gonogo knows 1"):
            backup_store.find(connection, given, name)
    assert backup_store.find(connection, given, ours.name).name == ours.name
    assert backup_store.expire(connection, given) == [old.name]
    assert {one.name for one in ours.parent.iterdir()} == {ours.name, theirs.name, other.name}
