"""The lock of a target, here on this machine: who holds it, and what is said of that."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy import lock
from deploy.connection import Connection
from deploy.lock import Held, Holder, Lock, Locked
from deploy.target import Target
from tests.unit.stacks import target

ADA = Holder(who="ada", machine="laptop", pid=7, version="v9", since="2025-10-11T01:47:36+00:00")


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    with Connection.open(target()) as connection:
        yield connection


@pytest.fixture
def there(tmp_path: Path) -> Target:
    return target(path=str(tmp_path))


def put(there: Target, text: str) -> None:
    Path(str(there.deploy_path)).mkdir()
    Path(str(there.deploy_path / "lock")).write_text(text)


def test_a_lock_that_is_taken_and_given_back(connection: Connection, there: Target) -> None:
    assert lock.look(connection, there) is None
    ours = Lock(connection, there, "v1")
    assert ours.take()
    held = lock.look(connection, there)
    assert held is not None
    assert held.holder is not None
    assert (held.holder.version, held.holder.pid, held.dead) == ("v1", os.getpid(), False)
    with pytest.raises(
        Locked, match=r"deploys v1 there since .*: wait for it, or, if it is dead, run `gonogo"
    ):
        Lock(connection, there, "v2").take()
    ours.give_back(untouched=True)
    assert lock.look(connection, there) is None
    assert list(Path(str(there.path)).iterdir()) == []


def test_the_holder_of_another_machine(connection: Connection, there: Target) -> None:
    put(there, ADA.model_dump_json())
    held = lock.look(connection, there)
    assert held == Held(ADA)
    assert held.told == "ada on laptop (pid 7) deploys v9 there since 2025-10-11T01:47:36+00:00"
    assert lock.remove(connection, there) == ADA
    assert lock.look(connection, there) is None


def test_a_holder_of_this_machine_that_lives_is_not_dead_however_silent(
    connection: Connection, there: Target
) -> None:
    put(there, ADA.model_copy(update={"machine": socket.gethostname(), "pid": os.getpid()}).model_dump_json())
    os.utime(str(there.deploy_path / "lock"), (0, 0))
    held = lock.look(connection, there)
    assert held is not None
    assert (held.dead, held.here, held.silent > 1e6) == (False, True, True)
    (Path(str(there.deploy_path)) / "lock").write_text(ADA.model_dump_json())
    os.utime(str(there.deploy_path / "lock"), (0, 0))
    held = lock.look(connection, there)
    assert held is not None
    assert (held.dead, held.here) == (True, False)


def test_a_holder_that_is_gone(connection: Connection, there: Target) -> None:
    gone = os.fork()
    if not gone:
        os._exit(0)
    os.waitpid(gone, 0)
    put(there, ADA.model_copy(update={"machine": socket.gethostname(), "pid": gone}).model_dump_json())
    held = lock.look(connection, there)
    assert held is not None
    assert held.dead
    assert held.told.endswith("; that process is gone")


@pytest.mark.parametrize("text", ["", "{", "{}", "held\n"])
def test_a_lock_that_cannot_be_read(connection: Connection, there: Target, text: str) -> None:
    put(there, text)
    held = lock.look(connection, there)
    assert held == Held()
    assert held.told == "the target is locked, by whom cannot be read"
    assert lock.remove(connection, there) is None
