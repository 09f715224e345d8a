"""Taking gonogo off a target, here this machine with a stand-in for docker: what goes and what stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gonogo.deploy.cli import forget as command
from gonogo.deploy.errors import GonogoError, UsageError
from gonogo.deploy.release import records
from gonogo.deploy.release.formats import FORMAT, Newer
from gonogo.deploy.release.journal import Journal
from gonogo.deploy.release.locking import Lock, Locked
from gonogo.deploy.release.records import Baseline, Image, Record
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target import Target
from tests.unit import backup_stores

ID, OLD = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"
DOCKER = """#!/bin/sh
cd "$(dirname "$0")" || exit 1
case "$*" in
  "ps -aq --no-trunc") cut -d'"' -f4 containers;;
  "inspect "*) cat containers;;
  "images "*) cat tags;;
  "image rm -- "*) grep -vxF -- "$4" tags > left; mv left tags; echo "$4" >> removed;;
  *) echo "unexpected: $*" >&2; exit 1;;
esac
"""


def container(**given: object) -> str:
    row = {
        "id": "c1",
        "name": "/demo-api-1",
        "image": ID,
        "named": "api",
        "status": "running",
        "exit_code": 0,
    }
    row |= {"health": "", "started": "", "created": "", "restarts": 0, "project": "demo", "service": "api"}
    row |= {
        "oneoff": "",
        "hash": "",
        "folder": "",
        "restart": "",
        "ports": None,
        "mounts": [],
        "networks": {},
    }
    return json.dumps(row | given, separators=(",", ":"))


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Target:
    """A target with two releases, of which one runs, a report, a backup, and files of somebody else's."""
    engine = tmp_path / "bin"
    engine.mkdir()
    (engine / "docker").write_text(DOCKER)
    (engine / "docker").chmod(0o755)
    (engine / "containers").write_text(f"{container()}\n")
    (engine / "tags").write_text("api:v1\napi:v2\napi:latest\nother:v1\n")
    monkeypatch.setenv("PATH", f"{engine}:/usr/bin:/bin")
    stack = tmp_path / "stack"
    stack.mkdir()
    given = backup_stores.target(stack).model_copy(update={"backup": None})
    monkeypatch.setattr("gonogo.deploy.target.target_file.find", lambda _: given)
    with Connection.open(given) as connection:
        for name, image in (("v1", OLD), ("v2", ID)):
            images = {"api": Image(name="api:latest", id=image)}
            record = Record(version=name, created="", project="demo", images=images)
            records.save(connection, given, name, records.RECORD, record)
            records.save(connection, given, name, "secret.env", "PASSWORD=hunter2")
        records.save(connection, given, "rollback-1", records.BASELINE, Baseline(taken=""))
        records.make_current(connection, given, "v2")
        Journal(connection, given, "v2").write("end", "deployed")
    report = own(given) / "reports" / "v2"
    report.mkdir(parents=True)
    (report / "index.html").touch()
    (own(given) / "reports" / "index.html").touch()
    backup_stores.put(given, 1)
    (stack / "compose.yaml").touch()
    return given


def own(there: Target) -> Path:
    return Path(str(there.deploy_path))


def tree(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def removed(there: Target) -> list[str]:
    file = own(there).parents[1] / "bin" / "removed"
    return file.read_text().splitlines() if file.exists() else []


def test_all_goes_but_backups_and_what_is_used(there: Target, capsys: pytest.CaptureFixture[str]) -> None:
    kept = [path for path in tree(own(there)) if path.startswith("backups")]
    command.forget("demo", yes=True)
    assert tree(own(there)) == kept
    assert removed(there) == ["api:v1"]
    assert (own(there).parent / "compose.yaml").is_file()
    assert capsys.readouterr().out.splitlines() == [
        "removed the journal",
        "removed 3 releases (rollback-1, v1, v2) with env files",
        "removed 1 report (v2)",
        "removed 1 tag (api:v1) of images",
        f"stays   1 backup in {there.backup_path}: --backups removes what is there of this target",
        "stays   tags of images that containers are made of: api:v2",
    ]
    command.forget("demo", yes=True)
    assert "nothing to remove" in capsys.readouterr().out
    assert tree(own(there)) == kept


def test_backups_go_where_that_was_said(there: Target, capsys: pytest.CaptureFixture[str]) -> None:
    command.forget("demo", backups=True, yes=True)
    assert not own(there).exists()
    assert "removed 1 backup (demo-shop-" in capsys.readouterr().out


def test_what_is_none_of_ours_stays(there: Target, capsys: pytest.CaptureFixture[str]) -> None:
    theirs = ["notes.txt", "releases/a b/x", "reports/mine.html", "backups/cron.tar", "releases/v\n1/x"]
    for name in theirs:
        file = own(there) / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("theirs")
    (own(there) / "releases" / "away").mkdir()
    command.forget("demo", backups=True, yes=True)
    assert sorted(str(p.relative_to(own(there))) for p in own(there).rglob("*") if p.is_file()) == sorted(
        theirs
    )
    said = capsys.readouterr().out
    assert f"stays   in {there.deploy_path}: backups, notes.txt, releases, reports" in said


def nobody_there(there: Target) -> None:
    """Nobody said yes, and there is no terminal."""


def locked(there: Target) -> None:
    with Connection.open(there) as connection:
        Lock(connection, there, "v3").take()


def halfway(there: Target) -> None:
    with Connection.open(there) as connection:
        Journal(connection, there, "v3").write("switch api", "begun")


def newer(there: Target) -> None:
    with (own(there) / "journal.jsonl").open("a") as file:
        file.write(json.dumps({"format": FORMAT + 1, "version": "v3"}) + "\n")


def mounted(there: Target) -> None:
    mount = {
        "Type": "bind",
        "Source": f"{there.deploy_path}/releases/v2/secret.env",
        "Destination": "/run/env",
    }
    (own(there).parents[1] / "bin" / "containers").write_text(container(mounts=[mount]) + "\n")


def opened(there: Target) -> None:
    own(there).chmod(0o770)


def linked(there: Target) -> None:
    (own(there) / "reports2").symlink_to("/etc")


@pytest.mark.parametrize(
    ("made", "error", "says"),
    [
        (nobody_there, UsageError, "without a terminal to confirm that, --yes is needed"),
        (locked, Locked, "deploys v3 there since"),
        (halfway, GonogoError, "v3 never ended.*: run `gonogo resume .*` first"),
        (newer, Newer, "was written by a later version of gonogo"),
        (mounted, GonogoError, "demo-api-1 mounts something of .*: mount it from another folder first"),
        (opened, GonogoError, "is a link, is not the login's, or others may write to it"),
        (linked, GonogoError, "reports2 is a link"),
    ],
)
def test_nothing_is_removed(
    there: Target, made: Callable[[Target], None], error: type[GonogoError], says: str
) -> None:
    made(there)
    before = tree(own(there))
    with pytest.raises(error, match=says):
        command.forget("demo", backups=True, yes=made is not nobody_there)
    assert tree(own(there)) == before
    assert removed(there) == []


def test_where_nothing_was_ever_deployed_nothing_is_left(
    there: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    bare = backup_stores.target(tmp_path / "empty")
    monkeypatch.setattr("gonogo.deploy.target.target_file.find", lambda _: bare)
    command.forget("demo", yes=True)
    assert "demo: nothing to remove on local" in capsys.readouterr().out
    assert tree(tmp_path / "empty") == []
