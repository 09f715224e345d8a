"""Retention: which releases stay, which tags of the others may go, and which copies of backups."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from gonogo.deploy.mongodb.backup import copies, upload_folder
from gonogo.deploy.mongodb.backup.manifest import MANIFEST, PROOF
from gonogo.deploy.release.records import Image, Record
from gonogo.deploy.release.retention import keep, tags_of, untag
from tests.unit import backup_stores


def made(version: str, previous: str = "", **images: str) -> Record:
    found = {
        name: Image(name=f"registry.example:5000/chat-{name}:latest", id=id_) for name, id_ in images.items()
    }
    return Record(version=version, previous=previous, created="", project="chat", images=found)


def test_the_newest_the_current_and_the_one_before_it_stay() -> None:
    records = {one.version: one for one in (made("v5", "v4"), made("v4"), made("v2", "v1"), made("v1"))}
    there = ["v5", "v4", "v3", "v2", "v1"]
    assert keep(there, "v5", records, 2) == {"v5", "v4"}
    assert keep(there, "v2", records, 2) == {"v5", "v4", "v2", "v1"}
    assert keep(there, "", records, 2) == {"v5", "v4", ""}
    assert keep(there, "v3", records, 2) == {"v5", "v4", "v3", ""}


def test_a_release_that_failed_does_not_push_a_good_one_out() -> None:
    records = {one.version: one for one in (made("v5", "v1"), made("v1"))}
    there = ["v6", "v5", "v4", "v3", "v2", "v1", "v0"]
    failed = {"v6", "v4", "v3", "v2"}
    assert keep(there, "v5", records, 3, failed) == {"v5", "v1", "v0", "v6"}


def test_an_image_that_is_needed_keeps_a_tag(tmp_path: Path) -> None:
    old = made("v1", web="sha256:same", api="sha256:old")
    assert list(tags_of(old, {"sha256:same"})) == ["registry.example:5000/chat-api:v1"]
    assert len(list(tags_of(old))) == 2
    docker = tmp_path / "docker"
    docker.write_text(
        '#!/bin/sh\ncase "$2 $6" in *ct*only*) echo 1;; *ct*) echo 2;; *) echo "$@" >> log; esac\n'
    )
    docker.chmod(0o755)
    line = untag(["r/old:v1"], ["r/only:v1", "r/more:v1"])
    subprocess.run(["sh", "-c", f"PATH={tmp_path}:$PATH; {line}"], cwd=tmp_path, check=True)
    assert (tmp_path / "log").read_text() == "image rm -- r/old:v1\nimage rm -- r/more:v1\n"


def test_a_tag_that_the_compose_file_names_is_not_gonogos() -> None:
    theirs = made("latest", api="sha256:old")
    assert list(tags_of(theirs, ())) == [], "it is the name in the compose file"


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_copies_expire_as_the_backups_do_and_nothing_else_goes(tmp_path: Path) -> None:
    # The copies lie in a folder that looks like that of a target on this machine.
    given = backup_stores.target(tmp_path, retention_days=30, keep=2)
    kept = Path(given.backup_path)
    assert copies.expire(given, kept) == [], "there is no folder yet"
    young, proved, aged, older = (backup_stores.put(given, days) for days in (1, 31, 32, 300))
    (aged / PROOF).write_text("{}")
    stays = {young.name, proved.name}
    for folder, name in ((older, "demo-mine"), (older, "demo-shop-20200101-000000"), (older, "older")):
        shutil.copytree(folder, kept / name)
        stays.add(name)  # somebody gave it another name, to keep it
    more = backup_stores.put(given, 310)
    (more / "notes.txt").write_text("why we need this one")
    damaged, foreign = (
        backup_stores.put(given, 320),
        backup_stores.put(backup_stores.target(tmp_path, "demo-two"), 330),
    )
    (damaged / MANIFEST).write_text("{")
    (kept / "demo-shop-20200101-000009").symlink_to(older.name)
    (kept / "demo-file").write_text("a file")
    stays |= {more.name, damaged.name, foreign.name, "demo-shop-20200101-000009", "demo-file"}
    cut, going_on = backup_stores.left(given, 2, "", 1500), backup_stores.left(given, 1, "", 1400)
    stays.add(going_on.name)
    assert copies.expire(given, kept) == [aged.name, older.name]
    assert names(kept) == stays
    assert not cut.exists()
    assert copies.expire(given, kept) == []

    everything = backup_stores.target(tmp_path, retention_days=1, keep=1)
    assert copies.expire(everything, kept) == [proved.name]
    assert copies.expire(backup_stores.target(tmp_path, "demo-two", retention_days=1, keep=1), kept) == []
    assert names(kept) == stays - {proved.name}, "the newest stays, however old it is"


def test_a_copy_that_cannot_be_removed_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = backup_stores.target(tmp_path, retention_days=30, keep=1)
    backup_stores.put(given, 1)
    old = backup_stores.put(given, 40)

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", refused)
        assert copies.expire(given, old.parent) == []
    # It is no copy any more, but one that was left behind, and goes when it is seen to be.
    part = old.with_name(f"{upload_folder.PART}{old.name}")
    assert part.is_dir() and not old.exists()
    for path in (*part.rglob("*"), part):
        os.utime(path, (0, 0))
    copies.expire(given, old.parent)
    assert not part.exists()
