"""The lock of a target, here on this machine: who holds it, and what is said of that."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from gonogo.deploy.cli import runs
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.answers import Answer
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release import lock
from gonogo.deploy.release.lock import Held, Holder
from gonogo.deploy.release.locking import Lock, Locked
from gonogo.deploy.release.release import Release
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target import Target
from tests import harness
from tests.unit.stacks import target

ADA = Holder(who="ada", machine="laptop", pid=7, version="v9", since="2025-10-11T01:47:36+00:00")


@pytest.fixture
def there(tmp_path: Path) -> Target:
    return target(path=str(tmp_path))


def put(there: Target, text: str) -> None:
    Path(str(there.deploy_path)).mkdir()
    Path(str(there.deploy_path / "lock")).write_text(text)


def ageless(held: Held | None) -> Held | None:
    """A lock whatever its age, which is in whole seconds: one may end between two looks."""
    return replace(held, silent=0.0) if held else None


def test_the_check_names_the_target_as_the_command_line_finds_it(there: Target) -> None:
    release = Release(there, None, Redactor())
    for held, says in (
        (Held(ADA, gone=True), "Run `gonogo unlock {}`."),
        (Held(ADA), "or `gonogo unlock {}`."),
    ):
        release.answers.known[release.host.lock(str(there.deploy_path)).key("held")] = Answer(held, None)
        result = harness.run(there, release, only={"lock.free"})["lock.free"]
        assert result.status == "failed"
        assert result.fix.endswith(says.format(there.file))


def test_a_lock_that_is_taken_and_given_back(connection: Connection, there: Target) -> None:
    assert lock.look(connection, there.deploy_path) is None
    ours = Lock(connection, there, "v1")
    assert ours.take()
    held = lock.look(connection, there.deploy_path)
    assert held is not None
    assert held.holder is not None
    assert (held.holder.version, held.holder.pid, held.dead) == ("v1", os.getpid(), False)
    with pytest.raises(
        Locked, match=r"deploys v1 there since .*: wait for it, or, if it is dead, run `gonogo"
    ):
        Lock(connection, there, "v2").take()
    ours.give_back(untouched=True)
    assert lock.look(connection, there.deploy_path) is None
    assert list(Path(str(there.path)).iterdir()) == []


def test_the_holder_of_another_machine(connection: Connection, there: Target) -> None:
    put(there, ADA.model_dump_json())
    held = lock.look(connection, there.deploy_path)
    assert held is not None
    assert held == Held(ADA, silent=held.silent)
    assert held.silent < 60, "as old as it is, in whole seconds"
    assert held.told == "ada on laptop (pid 7) deploys v9 there since 2025-10-11T01:47:36+00:00"
    assert ageless(lock.remove(connection, there)) == ageless(held)
    assert lock.look(connection, there.deploy_path) is None


def test_a_holder_of_this_machine_that_lives_is_not_dead_however_silent(
    connection: Connection, there: Target
) -> None:
    put(there, ADA.model_copy(update={"machine": socket.gethostname(), "pid": os.getpid()}).model_dump_json())
    os.utime(str(there.deploy_path / "lock"), (0, 0))
    held = lock.look(connection, there.deploy_path)
    assert held is not None
    assert (held.dead, held.here, held.silent > 1e6) == (False, True, True)
    (Path(str(there.deploy_path)) / "lock").write_text(ADA.model_dump_json())
    os.utime(str(there.deploy_path / "lock"), (0, 0))
    held = lock.look(connection, there.deploy_path)
    assert held is not None
    assert (held.dead, held.here) == (True, False)


def test_a_holder_that_is_gone(connection: Connection, there: Target) -> None:
    gone = os.fork()
    if not gone:
        os._exit(0)
    os.waitpid(gone, 0)
    put(there, ADA.model_copy(update={"machine": socket.gethostname(), "pid": gone}).model_dump_json())
    held = lock.look(connection, there.deploy_path)
    assert held is not None
    assert held.dead
    assert held.told.endswith(" died and left its lock")


@pytest.mark.parametrize("text", ["", "{", "{}", "held\n"])
def test_a_lock_that_cannot_be_read(connection: Connection, there: Target, text: str) -> None:
    put(there, text)
    held = lock.look(connection, there.deploy_path)
    assert ageless(held) == Held()
    assert held is not None
    assert held.told == "the target is locked, by whom cannot be read"
    assert ageless(lock.remove(connection, there)) == ageless(held)
    assert held.whose == "a lock that cannot be read"
    assert lock.remove(connection, there) is None


def test_a_lock_that_cannot_be_written_locks_nobody_out(
    there: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = Path(str(there.deploy_path)) / "lock"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "cat").write_text("#!/bin/sh\necho No space left on device >&2\nexit 1\n")
    (tmp_path / "bin" / "cat").chmod(0o755)
    with monkeypatch.context() as full:
        full.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
        with Connection.open(there) as connection:
            with pytest.raises(GonogoError, match=r"the lock cannot be written: No space left") as caught:
                Lock(connection, there, "v1").take()
            assert not isinstance(caught.value, Locked)
    assert not ours.exists()
    ours.symlink_to("/nowhere/lock")
    with (
        Connection.open(there) as connection,
        pytest.raises(GonogoError, match=r"/lock is a link, is not the"),
    ):
        Lock(connection, there, "v1").take()
    assert not Path("/nowhere").exists()


def test_a_lock_that_somebody_took_meanwhile_is_not_taken_away(
    connection: Connection, there: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead, fresh = (ADA.model_copy(update={"run": run}).model_dump_json() for run in ("dead" * 4, "f5e5" * 4))
    put(there, dead)
    seen = lock.look(connection, there.deploy_path)
    (Path(str(there.deploy_path)) / "lock").write_text(fresh)
    monkeypatch.setattr(lock, "look", lambda *_: seen)
    lock.remove(connection, there)
    assert (Path(str(there.deploy_path)) / "lock").read_text() == fresh


def test_unlock_writes_into_no_folder_that_others_may_write_to(
    there: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(there, ADA.model_dump_json())
    Path(str(there.deploy_path)).chmod(0o770)
    monkeypatch.setattr("gonogo.deploy.target.target_file.find", lambda _: there)
    with pytest.raises(
        GonogoError, match=r"\.deploy is a link, is not the login's, or others may write to it"
    ):
        runs.unlock("shop", "ada left")
    assert [one.name for one in Path(str(there.deploy_path)).iterdir()] == ["lock"]
