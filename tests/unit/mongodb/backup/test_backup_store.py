"""The backups of a target: what counts as one, what is removed, and what never is."""

from __future__ import annotations

import datetime
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup import backup_store, upload_folder
from gonogo.deploy.mongodb.backup.manifest import MANIFEST
from gonogo.deploy.mongodb.restore import proof
from gonogo.deploy.mongodb.restore.proof import Proof
from gonogo.deploy.ssh import framing
from gonogo.deploy.ssh.connection import Connection
from tests import harness
from tests.unit import backup_stores


def test_names_of_odd_databases_are_names_of_files(tmp_path: Path) -> None:
    at = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    given = backup_stores.target(tmp_path)
    assert upload_folder.named(given, "shop", at) == "demo-shop-20260102-030405"
    assert upload_folder.named(given, "a/b\n*'", at) == "demo-a%2Fb%0A%2A%27-20260102-030405"
    assert len(upload_folder.named(given, "ü" * 63, at)) <= 255


def test_whole_backups_are_listed_newest_first(connection: Connection, tmp_path: Path) -> None:
    given = backup_stores.target(tmp_path)
    assert backup_store.listed(connection, given) == []
    made = [backup_stores.put(given, days) for days in (3, 1, 2)]
    found = backup_store.listed(connection, given)
    assert [one.name for one in found] == [made[i].name for i in (1, 2, 0)]
    assert all(Path(one.folder).is_dir() and one.manifest.target == "demo" for one in found)


def foreign(whole: Path) -> list[Path]:
    """What only looks like a backup of the target, each 100 days old by its name or manifest."""
    kept, found = whole.parent, []
    other = backup_stores.put(backup_stores.target(kept.parent, "demo-two"), 100)
    found.append(other)
    renamed = backup_stores.put(backup_stores.target(kept.parent, "else"), 101)
    found.append(renamed.rename(kept / renamed.name.replace("else", "demo")))
    found.append(Path(shutil.copytree(whole, kept / f"{whole.name[:-1]}x")))
    found.append(Path(shutil.copytree(whole, kept / "demo-shop-20200101-000000")))
    damaged = Path(shutil.copytree(whole, kept / "demo-shop-20200101-000001"))
    (damaged / MANIFEST).write_text((damaged / MANIFEST).read_text()[:-3])
    bare = Path(shutil.copytree(whole, kept / "demo-shop-20200101-000002"))
    (bare / MANIFEST).unlink()
    found += [damaged, bare, Path(shutil.copytree(whole, kept / f"{upload_folder.PART}{whole.name}"))]
    link = kept / "newest"
    link.symlink_to(whole.name)
    file = kept / "demo-shop-20200101-000004"
    file.write_text("mine")
    odd = kept / "demo-shop\n-20200101-000005"
    odd.mkdir()
    return [*found, link, file, odd]


def test_what_only_looks_like_a_backup_is_neither_listed_nor_removed(
    connection: Connection, tmp_path: Path
) -> None:
    given = backup_stores.target(tmp_path, keep=1, retention_days=1)
    whole = backup_stores.put(given, 50)
    others = foreign(whole)
    newest = backup_stores.put(given, 49)
    assert [one.name for one in backup_store.listed(connection, given)] == [newest.name, whole.name]
    assert backup_store.expire(connection, given) == [whole.name]
    assert not whole.exists()
    assert newest.exists()
    assert [path for path in others if not path.exists() and not path.is_symlink()] == []


def test_age_and_number_decide_together(connection: Connection, tmp_path: Path) -> None:
    given = backup_stores.target(tmp_path, keep=2, retention_days=10)
    young, old, older, oldest = (backup_stores.put(given, days) for days in (9, 11, 12, 13))
    assert backup_store.expire(connection, given, keep=[oldest.name]) == [older.name]
    assert backup_store.expire(connection, given) == [oldest.name]
    assert backup_store.expire(connection, given) == []
    assert {path.name for path in young.parent.iterdir()} == {young.name, old.name}
    many = [backup_stores.put(given, days) for days in range(1, 9)]
    assert backup_store.expire(connection, given) == [old.name]
    assert all(path.exists() for path in many)


def test_a_file_of_somebody_else_in_a_backup_stays(connection: Connection, tmp_path: Path) -> None:
    given = backup_stores.target(tmp_path, keep=1, retention_days=1)
    backup_stores.put(given, 2)
    whole = backup_stores.put(given, 50)
    (whole / "dump" / "notes\n.txt").write_text("mine")
    (whole / backup_store.PROOF).write_text("{}")
    assert backup_store.expire(connection, given) == [whole.name]
    assert [path for path in whole.rglob("*") if path.is_file()] == [whole / "dump" / "notes\n.txt"]
    assert len(backup_store.listed(connection, given)) == 1


def test_without_a_table_the_defaults_count(connection: Connection, tmp_path: Path) -> None:
    given = backup_stores.target(tmp_path).model_copy(update={"backup": None})
    made = [backup_stores.put(given, days) for days in (40, 41, 42, 43)]
    assert made[0].parent == tmp_path / ".deploy" / "backups"
    assert backup_store.expire(connection, given) == [made[3].name]


def test_a_backup_is_found_by_name_and_the_nearest_is_named(connection: Connection, tmp_path: Path) -> None:
    given = backup_stores.target(tmp_path)
    with pytest.raises(GonogoError, match="there is no backup of demo in"):
        backup_store.find(connection, given, "latest")
    old, new = backup_stores.put(given, 300), backup_stores.put(given, 2)
    assert backup_store.find(connection, given, "latest").name == new.name
    assert backup_store.find(connection, given, old.name).folder == given.backup_path / old.name
    with pytest.raises(GonogoError, match=f"the nearest is {re.escape(old.name)}$"):
        backup_store.find(connection, given, f"{old.name}0")


def test_backups_are_read_some_at_a_time_however_long_their_manifests_are(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = backup_stores.target(tmp_path)
    made = [backup_stores.put(given, days) for days in range(7)]
    (made[3] / backup_store.PROOF).write_text("{\n}\n")
    monkeypatch.setattr(backup_store, "TOGETHER", 2)
    monkeypatch.setattr(framing, "ANSWER_LIMIT", 4000)
    names = [one.name for one in made]
    assert [one.name for one in backup_store.listed(connection, given)] == names
    proofs = list(backup_store.lines(connection, given, names, backup_store.PROOF))
    assert proofs == ["", "", "", "{}", "", "", ""]


def test_damaged_backups_push_no_good_one_out(connection: Connection, tmp_path: Path) -> None:
    given = backup_stores.target(tmp_path, retention_days=1, keep=2)
    damaged, *good = [backup_stores.put(given, days) for days in (40, 41, 42, 43)]
    (damaged / MANIFEST).write_text("{")
    assert backup_store.expire(connection, given) == [good[2].name]
    assert {one.name for one in (damaged, *good[:2])} == {one.name for one in damaged.parent.iterdir()}


def linked(kept: Path) -> None:
    (kept / "demo-shop-20200101-000003").symlink_to("/etc")


def opened(kept: Path) -> None:
    kept.chmod(0o777)


@pytest.mark.parametrize("planted", [linked, opened])
def test_a_folder_in_which_others_may_plant_is_not_written_to(
    connection: Connection, tmp_path: Path, planted: Callable[[Path], None]
) -> None:
    given = backup_stores.target(tmp_path, retention_days=1, keep=1)
    made = [backup_stores.put(given, days) for days in (40, 41)]
    kept = made[0].parent
    kept.chmod(0o700)
    planted(kept)
    before = sorted(kept.rglob("*"))
    backup = backup_store.find(connection, given, "latest")
    result = Proof(backup=backup.name, at="", image="", seconds=0.0, proved=True)
    for write in (
        lambda: backup_store.expire(connection, given),
        lambda: upload_folder.sweep(connection, given),
        lambda: upload_folder.claim(connection, given, "shop"),
        lambda: proof.keep(connection, backup, result),
    ):
        with pytest.raises(GonogoError, match=r"is a link, is not the login's, or others may write to it"):
            write()
    assert sorted(kept.rglob("*")) == before
    check = harness.over(connection, given, only=("path.private",))["path.private"]
    assert check.status == "failed"
    assert str(kept) in check.found
