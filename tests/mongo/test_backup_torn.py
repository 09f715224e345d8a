"""A backup that is broken off, what it costs in memory, and what others can see of it meanwhile."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from pymongo.errors import AutoReconnect

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup import backup, backup_store, upload_folder
from gonogo.deploy.mongodb.backup.backup_request import Client
from gonogo.deploy.mongodb.fingerprint import batches
from gonogo.deploy.mongodb.server import login
from gonogo.deploy.release.release import Release
from tests.lab.secrecy import watched_arguments
from tests.mongo import ground
from tests.mongo.ground import PASSWORD, Ground

LARGE = 16 * 1024 * 1024 - 200
MOST_MB = 200


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A database of 300 MB, half of it in documents as large as MongoDB allows."""
    with ground.started(tmp_path_factory.mktemp("ground")) as found:
        with found.release() as release, login.opened(release) as client:
            noise = os.urandom(LARGE)
            for i in range(9):
                client["shop"].large.insert_one({"i": i, "data": noise})
            for begin in range(0, 60_000, 3000):
                rows = [{"i": i, "data": noise[i * 200 : i * 200 + 2500]} for i in range(begin, begin + 3000)]
                client["shop"].small.insert_many(rows)
        yield found


def run(made: Ground, **environment: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "tests.mongo.backing", made.project, str(made.folder)]
    return subprocess.run(
        argv, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120, check=False
    )


def there(release: Release) -> list[Path]:
    folder = Path(release.target.backup_path)
    return sorted(folder.iterdir()) if folder.exists() else []


def test_memory_stays_small_whatever_the_size(made: Ground, release: Release) -> None:
    done = run(made)
    assert done.returncode == 0, done.stderr
    name, megabytes = done.stdout.split()
    assert backup_store.find(release.connection, release.target, name).manifest.size > 280_000_000
    assert float(megabytes) < MOST_MB


@pytest.mark.parametrize("sent", ["1", "60000000", "250000000"])
def test_one_that_is_killed_is_never_listed(made: Ground, release: Release, sent: str) -> None:
    done = run(made, GONOGO_KILL_AFTER=sent)
    assert done.returncode == -9
    assert backup_store.listed(release.connection, release.target) == []
    # What it left, if anything, goes with a later backup: here it is made to look old. What ran on the target
    # meanwhile may need a moment to notice.
    deadline = time.monotonic() + 20
    while left := there(release):
        assert time.monotonic() < deadline, list(left[0].iterdir())
        old = time.time() - 60 * (upload_folder.DEAD_MIN + 1)
        for part in left:
            assert part.name.startswith(upload_folder.PART)
            for path in (*part.rglob("*"), part):
                with contextlib.suppress(FileNotFoundError):
                    os.utime(path, (old, old))
        upload_folder.sweep(release.connection, release.target)
        time.sleep(0.1)


def test_a_reading_that_breaks_leaves_nothing_and_says_why(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = batches.read

    def reading(client: Client, database: str, name: str, session: Any = None) -> Iterator[bytes]:
        for number, batch in enumerate(real(client, database, name, session)):
            if number == 3:
                raise AutoReconnect("the line was cut")
            yield batch

    monkeypatch.setattr(batches, "read", reading)
    with pytest.raises(GonogoError, match=r"^the MongoDB in \S+ does not answer on port 27017$"):
        backup.make(release)
    deadline = time.monotonic() + 10
    while there(release) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert there(release) == []


def test_a_connection_that_breaks_leaves_nothing_that_is_listed(made: Ground, release: Release) -> None:
    count: list[int] = []
    with made.release() as other:

        def cut(size: int) -> None:
            count.append(size)
            if sum(count) > 30_000_000:
                other.connection.close()

        with pytest.raises(GonogoError) as raised:
            backup.make(other, on_bytes=cut)
    assert "\n" not in str(raised.value)
    assert backup_store.listed(release.connection, release.target) == []


def test_no_process_shows_the_password_meanwhile(release: Release) -> None:
    """The command lines of this machine, controller, target and container at once, are read in a loop."""
    secrets = {PASSWORD, quote(PASSWORD, safe=""), quote_plus(PASSWORD), PASSWORD.replace("'", "'\\''")}
    with watched_arguments(pause_s=0) as seen:
        backup.make(release)
    assert [line for line in seen if any(one in line for one in secrets)] == []
    assert [line for line in seen if "sha256sum" in line or ".part-" in line]
    log = "\n".join(f"{one.command}\n{one.output}" for one in release.connection.transcript.entries)
    assert not re.search("|".join(re.escape(one) for one in secrets), log)


def test_a_copy_on_this_machine_is_the_same(made: Ground, tmp_path: Path) -> None:
    folder = str(made.stack / "kept")
    with made.release(backup={"folder": folder, "copy_to": str(tmp_path / "copies")}) as release:
        found = backup.make(release)
        whole = tmp_path / "copies" / found.name
        files = [path for path in whole.rglob("*") if path.is_file()]
        assert {str(path.relative_to(whole)) for path in files} == {*found.manifest.files, "manifest.json"}
        assert all(
            path.read_bytes() == Path(found.folder, path.relative_to(whole)).read_bytes() for path in files
        )
        assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
        assert {path.stat().st_mode & 0o777 for path in (whole.parent, whole, whole / "dump")} == {0o700}
        assert [path.name for path in whole.parent.iterdir()] == [found.name]
        damaged = Path(found.folder, "dump/shop/small.bson")
        with damaged.open("r+b") as file:
            file.seek(1_000_000)
            file.write(b"\0\0\0\0\1")
        with pytest.raises(GonogoError, match=r"dump/shop/small\.bson is not what the manifest says"):
            backup_store.copy(release.connection, found, tmp_path / "more")
        assert list((tmp_path / "more").iterdir()) == []
        backup_store.remove(release.connection, release.target, found)
