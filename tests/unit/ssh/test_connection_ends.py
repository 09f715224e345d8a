"""How commands and connections end, over the `local` transport: by time, by a signal, by closing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from gonogo.deploy.errors import CommandTimeout, ConnectionFailed
from gonogo.deploy.ssh import channel
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.ssh.pool import MOST_SHELLS
from tests.unit.stacks import target
from tests.unit.waiting import until


def test_a_command_over_its_time_is_ended_with_its_children(connection: Connection, tmp_path: Path) -> None:
    file = tmp_path / "pid"
    limits = iter((0.1, 1, 5))  # a busy machine may have started nothing within the first
    while not file.exists():
        limit = next(limits)
        with pytest.raises(CommandTimeout, match=rf"local: .*sleep.* did not end within {limit} s"):
            connection.run(
                f"(sleep 60; touch {tmp_path}/late) & echo $! > {file}.new; mv {file}.new {file}; wait",
                timeout=limit,
            )
    assert connection.run("echo on").text == "on\n"
    until(lambda: not running(int(file.read_text())))
    assert not (tmp_path / "late").exists()


@pytest.mark.parametrize("late", [True, False])
def test_without_a_timeout_program_the_limit_holds_too(monkeypatch: pytest.MonkeyPatch, late: bool) -> None:
    monkeypatch.setattr("gonogo.deploy.ssh.shell.PREAMBLE", "{ trap : TERM; echo $$; echo none; }")
    with Connection.open(target()) as connection:
        if late:
            with pytest.raises(CommandTimeout):
                connection.run("sleep 60; echo never", timeout=0.1)
        assert connection.run("echo $PPID; cat", stdin=b"in", timeout=5).text.endswith("\nin")
        assert connection.run("echo $PPID").text == f"{connection._executor._pool._first.pid}\n"


def test_background_children_do_not_hold_a_command_up(connection: Connection) -> None:
    begun = time.monotonic()
    assert connection.run("sleep 3 & echo started").text == "started\n"
    assert time.monotonic() - begun < 3


def test_a_shell_that_is_killed_costs_one_command_only(connection: Connection) -> None:
    with pytest.raises(ConnectionFailed, match="ended before its answer"):
        connection.run("kill -KILL $(cut -d' ' -f4 /proc/$PPID/stat)")
    assert connection.run("echo on").text == "on\n"


def test_closing_ends_what_waits_and_what_comes_after(tmp_path: Path) -> None:
    connection = Connection.open(target())
    failures: list[str] = []

    def ask() -> None:
        try:
            connection.run(f"mktemp {tmp_path}/XXXXXX; sleep 30")
        except ConnectionFailed as error:
            failures.append(str(error))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    until(lambda: len(list(tmp_path.iterdir())) == MOST_SHELLS)
    connection.close()
    connection.close()
    for thread in threads:
        thread.join(5)
    assert len(failures) == 6
    with pytest.raises(ConnectionFailed, match="was closed"):
        connection.run("true")


def running(pid: int) -> bool:
    """Whether a process does anything: one that nobody has waited for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[-1][0] != "Z"
    except FileNotFoundError:
        return False


def test_a_shell_that_cannot_be_opened_says_what_connection_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    with Connection.open(target()) as connection:
        busy = connection._executor.take()
        monkeypatch.setattr(connection._transport, "shell", lambda: ["false"])
        monkeypatch.setattr(connection._transport, "broken", lambda: "it closed the connection")
        with pytest.raises(ConnectionFailed, match=r"^the connection to local was lost: it closed"):
            connection.run("true")
        connection._executor.give(busy)


def test_a_session_that_is_yet_to_begin_its_command_never_does(tmp_path: Path) -> None:
    session = subprocess.Popen(["sh", "-c", f"read -r _; touch {tmp_path}/begun"], stdin=subprocess.PIPE)
    with Connection.open(target()) as connection:
        assert connection._executor._end_session(session.pid)
    session.communicate(b"begin\n")
    assert (session.returncode, list(tmp_path.iterdir())) == (-signal.SIGKILL, [])


INTERRUPTED = """
import sys, time, signal, threading, os
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.path.insert(0, {root!r})
from types import SimpleNamespace as N
from gonogo.deploy.ssh import channel
from gonogo.deploy.ssh.connection import Connection
target = N(host="local", ssh=N(config_file=None), thresholds=N(connect_timeout_s=5, command_timeout_s=60))
connection = Connection.open(target)
def interrupt():
    while not os.path.exists("{folder}/pid"):
        time.sleep(0.005)
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt, daemon=True).start()
try:
    connection.run("echo $$ > {folder}/new; mv {folder}/new {folder}/pid; sleep 60; touch {folder}/late")
except KeyboardInterrupt:
    print(connection.run("echo usable").text, end="")
"""


def test_an_interrupt_ends_the_command_and_leaves_nothing_behind(tmp_path: Path) -> None:
    source = INTERRUPTED.format(root=str(Path(__file__).parents[3]), folder=tmp_path)
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, timeout=20, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"usable\n", b"")
    assert not running(int((tmp_path / "pid").read_text()))


def test_a_command_that_is_interrupted_right_after_it_was_sent_is_not_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupting:
        """The module os, which is interrupted once, as soon as a command was written."""

        done = False

        def __getattr__(self, name: str) -> Any:
            return getattr(os, name)

        def write(self, descriptor: int, data: bytes) -> int:
            written = os.write(descriptor, data)
            if not self.done and b"echo once" in bytes(data):
                self.done = True
                while not (tmp_path / "ran").exists():
                    time.sleep(0.005)
                raise KeyboardInterrupt
            return written

    with Connection.open(target()) as connection:
        monkeypatch.setattr(channel, "os", Interrupting())
        with pytest.raises(KeyboardInterrupt):
            connection.run(f"echo once >> {tmp_path}/ran; sleep 30", mutates=True)
        assert connection.run(f"cat {tmp_path}/ran").text == "once\n"
