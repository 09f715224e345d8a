"""How a backup lands on the target: whole under its name, or not at all."""

from __future__ import annotations

import datetime
import io
import os
import subprocess
from pathlib import Path

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup import backup_store, backup_stream, upload_folder
from gonogo.deploy.mongodb.backup.manifest import Sum
from gonogo.deploy.release import records
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target import Target
from tests.unit import backup_stores

FILES = {"dump/shop/a.bson": b"all of it", "dump/shop/b.bson": b"", "fingerprint.json": b"{}"}


def stream(given: Target, files: dict[str, bytes], name: str, at: object) -> bytes:
    sent = backup_stores.sent(given, name, at, files)  # type: ignore[arg-type]
    return b"".join(iter(lambda: sent.read(100_000), b""))


def land(connection: Connection, given: Target, data: bytes, name: str) -> None:
    script = upload_folder.enter(given, name) + upload_folder.receive(backup_stores.DATABASE)
    upload_folder.send(connection, script, io.BytesIO(data), None)  # type: ignore[arg-type]


def test_a_whole_backup_takes_its_name(connection: Connection, tmp_path: Path) -> None:
    given = backup_stores.target(tmp_path)
    name, at = upload_folder.claim(connection, given, backup_stores.DATABASE)
    assert backup_store.listed(connection, given) == []
    land(connection, given, stream(given, FILES, name, at), name)
    (found,) = backup_store.listed(connection, given)
    folder = Path(found.folder)
    there = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert there == {**FILES, "manifest.json": found.manifest.written()}
    assert [path.name for path in folder.parent.iterdir()] == [name]
    modes = {oct(path.stat().st_mode & 0o777) for path in folder.rglob("*") if path.is_file()}
    folders = [folder.parent, folder, folder / "dump", folder / "dump" / "shop"]
    assert (modes, {oct(path.stat().st_mode & 0o777) for path in folders}) == ({"0o600"}, {"0o700"})


def test_wherever_it_is_cut_off_nothing_is_left(connection: Connection, tmp_path: Path) -> None:
    given = backup_stores.target(tmp_path)
    name, at = upload_folder.claim(connection, given, backup_stores.DATABASE)
    data = stream(given, FILES, name, at)
    upload_folder.discard(connection, given, name)
    for end in (0, 3, 40, 60, len(data) // 2, data.index(b"SUMS") + 20, len(data) - 60, len(data) - 9):
        name, _ = upload_folder.claim(connection, given, "x" + str(end))
        with pytest.raises(GonogoError, match="the backup could not be written: "):
            land(connection, given, data[:end], name)
        assert list(Path(given.backup_path).iterdir()) == []


def test_what_does_not_have_its_sum_is_named(connection: Connection, tmp_path: Path) -> None:
    given = backup_stores.target(tmp_path)
    name, at = upload_folder.claim(connection, given, backup_stores.DATABASE)
    data = stream(given, FILES, name, at).replace(b" of it", b" of xx", 1)
    with pytest.raises(
        GonogoError, match=r"what was written is not what was sent: dump/shop/a\.bson: FAILED"
    ):
        land(connection, given, data, name)
    assert list(Path(given.backup_path).iterdir()) == []


def test_what_cannot_be_written_is_said(connection: Connection, tmp_path: Path) -> None:
    """A disk that is full, here a file where a folder should be, ends the stream at once."""
    given = backup_stores.target(tmp_path)
    name, at = upload_folder.claim(connection, given, backup_stores.DATABASE)
    data = stream(given, {"none/a.bson": b"x", **FILES}, name, at)
    with pytest.raises(GonogoError, match=r"could not be written: .*none/a\.bson"):
        land(connection, given, data, name)
    (tmp_path / "file").write_text("")
    other = backup_stores.target(tmp_path, folder=f"{tmp_path}/file/kept")
    with pytest.raises(GonogoError, match=f"no backup can be written to {tmp_path}/file/kept: "):
        upload_folder.claim(connection, other, backup_stores.DATABASE)


def test_two_backups_of_one_second_take_two_names(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, at, waited = backup_stores.target(tmp_path), records.now(), []
    monkeypatch.setattr(upload_folder.records, "now", lambda: at + datetime.timedelta(seconds=len(waited)))
    monkeypatch.setattr(upload_folder.time, "sleep", waited.append)
    first, second = (upload_folder.claim(connection, given, backup_stores.DATABASE)[0] for _ in range(2))
    assert (first != second, waited) == (True, [1.0])


def test_what_was_left_behind_is_removed_and_nothing_else(connection: Connection, tmp_path: Path) -> None:
    given = backup_stores.target(tmp_path)
    alive = subprocess.run(
        ["sh", "-c", f"{upload_folder._LIFE} life 1"], capture_output=True, text=True, check=True
    ).stdout.strip()
    gone = [
        backup_stores.left(given, 1, "demo 999999999 x 1", upload_folder.DEAD_MIN + 1),
        backup_stores.left(given, 2, f"demo {alive}0", upload_folder.DEAD_MIN + 1),
        backup_stores.left(given, 3, f"demo {alive}", upload_folder.IDLE_MIN + 1),
    ]
    stays = [
        backup_stores.left(given, 4, "demo 999999999 x 1", upload_folder.DEAD_MIN - 1),
        backup_stores.left(given, 5, f"demo {alive}", upload_folder.IDLE_MIN - 1),
        backup_stores.left(given, 6, "", 1000),
        backup_stores.left(given, 7, "demo-two 999999999 x 1", 1000),
        backup_stores.left(backup_stores.target(tmp_path, "demo-two"), 8, "demo-two 999999999 x 1", 1000),
    ]
    stays.append(backup_stores.put(given, 9))
    empty = backup_stores.left(given, 10, "", upload_folder.IDLE_MIN + 1)
    (empty / "part.bson").rename(empty / f"{upload_folder.OWNER}.new")
    (empty / f"{upload_folder.OWNER}.new").write_text("")
    for path in (empty / f"{upload_folder.OWNER}.new", empty):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    gone.append(empty)
    upload_folder.sweep(connection, given)
    assert [path for path in gone if path.exists()] == []
    assert [path for path in stays if not path.exists()] == []


def test_a_failure_removes_its_own_folder_alone(connection: Connection, tmp_path: Path) -> None:
    given = backup_stores.target(tmp_path)
    other = backup_stores.left(given, 1, "demo-two 1 x 1", 0)
    name = other.name.removeprefix(upload_folder.PART)
    upload_folder.discard(connection, given, name)
    assert other.exists()
    name, _ = upload_folder.claim(connection, given, backup_stores.DATABASE)
    upload_folder.discard(connection, given, name)
    assert list(Path(given.backup_path).iterdir()) == [other]


def test_long_files_come_in_pieces(connection: Connection, tmp_path: Path) -> None:
    given = backup_stores.target(tmp_path)
    name, at = upload_folder.claim(connection, given, backup_stores.DATABASE)
    files = {**FILES, "dump/shop/a.bson": bytes(backup_stream.MOST) + b"xyz" * 2, "z": b"end"}
    data = stream(given, files, name, at)
    land(connection, given, data, name)
    (found,) = backup_store.listed(connection, given)
    assert {path: Path(found.folder, path).read_bytes() for path in files} == files
    # What was summed while the next file came is checked as well.
    name, at = upload_folder.claim(connection, given, "other")
    with pytest.raises(GonogoError, match=r"dump/shop/a\.bson: FAILED"):
        land(connection, given, data.replace(b"\0xyz", b"\0xyy"), name)


def test_sums_of_odd_names_are_read_by_sha256sum(tmp_path: Path) -> None:
    sums = {}
    for name in ("plain", "a b", "line\nbreak", "back\\slash", "-dash", "é"):
        (tmp_path / name).write_bytes(name.encode())
        running = backup_stream.Running()
        running.add(memoryview(name.encode()))
        sums[name] = running.sum
    argv = ["sha256sum", "--status", "-c", "-"]
    assert subprocess.run(argv, input=backup_stream.sums(sums), cwd=tmp_path, check=False).returncode == 0
    sums["plain"] = Sum(size=1, sha256="0" * 64)
    assert subprocess.run(argv, input=backup_stream.sums(sums), cwd=tmp_path, check=False).returncode == 1
