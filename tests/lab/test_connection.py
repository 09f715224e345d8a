"""The connection to a real server: what it can do, what limits it keeps, what it leaves behind and costs."""

from __future__ import annotations

import hashlib
import io
import os
import random
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gonogo.deploy.errors import CommandTimeout, GonogoError
from gonogo.deploy.ssh.connection import Connection
from lab import faults, host
from tests.lab.connecting import folder_of, other_config, reachable, ssh_processes

pytestmark = pytest.mark.lab
NAME = f"t-conn-{os.getpid()}"


@pytest.fixture(scope="module")
def made() -> Iterator[host.Host]:
    """A host of our own: these tests cut it off."""
    yield host.up(NAME)
    host.down(NAME)


@pytest.fixture(scope="module")
def connection(made: host.Host) -> Iterator[Connection]:
    with Connection.open(reachable(made.alias, made.config)) as connection:
        yield connection


# What it can do


def test_commands_streams_status_and_input(connection: Connection) -> None:
    data = random.Random(1).randbytes(60_000)
    result = connection.run("tee /dev/stderr; exit 7", stdin=data)
    assert (result.exit_status, result.stdout, result.stderr) == (7, data, data)
    assert connection.run("id -un; hostname; pwd").text.split() == ["deploy", NAME, "/home/deploy"]


def test_fifty_megabytes_of_input(connection: Connection) -> None:
    data = random.Random(2).randbytes(50_000_000)
    sent: list[int] = []
    result = connection.stream("md5sum", stdin=io.BytesIO(data), on_bytes=sent.append, mutates=False)
    assert result.text.split()[0] == hashlib.md5(data).hexdigest()
    assert sum(sent) == len(data)
    assert connection.run("md5sum", stdin=data).text == result.text


def test_fifteen_megabytes_of_output_and_a_hundred(connection: Connection) -> None:
    assert len(connection.run("head -c 15000000 /dev/zero").stdout) == 15_000_000
    with pytest.raises(GonogoError, match="16 MB"):
        connection.run("head -c 100000000 /dev/zero")
    assert connection.run("echo on").text == "on\n", "the next one is answered as always"


def test_no_secret_input_in_an_argument_list_here_or_there(connection: Connection) -> None:
    secret = b"sesame-open-93"
    there = connection.run("cat >/dev/null; ps -eo args", stdin=secret)
    assert "ps -eo args" in there.text
    assert secret.decode() not in there.text
    here: list[str] = []
    waiting = threading.Thread(target=connection.stream, args=("cat >/dev/null; sleep 0.5",))
    waiting.start()
    time.sleep(0.2)
    here = ssh_processes(folder_of(connection))
    waiting.join()
    assert here
    assert not any("sleep 0.5" in line for line in here)


def test_threads_run_side_by_side_over_one_login(connection: Connection, made: host.Host) -> None:
    threads = [threading.Thread(target=connection.run, args=("sleep 0.5",)) for _ in range(4)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - begun < 1.5
    logins = host.execute(NAME, "pgrep -c -f '^sshd[a-z-]*: deploy@'", user="root")
    assert int(logins.stdout) == 1


def test_a_tcp_port_of_the_host_is_a_port_here(connection: Connection) -> None:
    port = connection.forward_port("127.0.0.1", 22)
    assert port == connection.forward_port("127.0.0.1", 22)
    with socket.create_connection(("127.0.0.1", port), timeout=5) as near:
        assert near.recv(4) == b"SSH-"


def test_another_process_rides_on_the_open_master(
    connection: Connection, made: host.Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GONOGO_CONTROL_PATH", connection.environment["GONOGO_CONTROL_PATH"])
    begun = time.monotonic()
    with Connection.open(reachable(made.alias, made.config)) as rider:
        assert time.monotonic() - begun < 0.5
        assert rider.environment == connection.environment
        assert rider.run("echo $PPID").text != connection.run("echo $PPID").text
        port = rider.forward_port("127.0.0.1", 22)
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
    assert connection.run("echo on").text == "on\n"


def test_a_master_is_never_ridden_to_another_target(
    connection: Connection, made: host.Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GONOGO_CONTROL_PATH", connection.environment["GONOGO_CONTROL_PATH"])
    with Connection.open(reachable("other", other_config(made, tmp_path))) as other:
        assert other.environment != connection.environment


def test_a_dead_master_in_the_environment_is_not_waited_for(
    made: host.Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = Connection.open(reachable(made.alias, made.config))
    monkeypatch.setenv("GONOGO_CONTROL_PATH", gone.environment["GONOGO_CONTROL_PATH"])
    gone.close()
    with Connection.open(reachable(made.alias, made.config)) as fresh:
        assert fresh.run("echo on").text == "on\n"


# Limits


def test_a_command_over_its_time_is_ended_there_and_the_connection_goes_on(connection: Connection) -> None:
    with pytest.raises(CommandTimeout, match=rf"^{connection.host}: `sleep 61` did not end within 0\.5 s"):
        connection.run("sleep 61", timeout=0.5)
    assert connection.run("pgrep -x -f 'sleep 61'").exit_status == 1


def test_a_command_deaf_to_the_signal_is_killed_there(connection: Connection) -> None:
    with pytest.raises(CommandTimeout):
        connection.run("trap '' TERM; while :; do sleep 0.162; done", timeout=0.3)
    assert connection.run("pgrep -f 'sleep 0.16[2]'").exit_status == 1


def test_without_a_timeout_program_there_a_command_is_ended_all_the_same(
    made: host.Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gonogo.deploy.ssh.shell.PREAMBLE", "{ echo $$; echo none; }")
    with Connection.open(reachable(made.alias, made.config)) as connection:
        with pytest.raises(CommandTimeout):
            connection.run("sleep 63", timeout=0.5)
        with pytest.raises(CommandTimeout):
            connection.stream("sleep 63", timeout=0.5)
        assert connection.run("pgrep -x -f 'sleep 63'").exit_status == 1


def test_a_stuck_stream_is_ended_there(connection: Connection) -> None:
    with pytest.raises(CommandTimeout):
        connection.stream("sleep 64", timeout=0.5)
    assert connection.run("pgrep -x -f 'sleep 64'").exit_status == 1


# What it leaves behind and costs


def test_input_that_breaks_off_is_never_taken_for_all_of_it(connection: Connection) -> None:
    def broken(_: int) -> None:
        raise OSError("it broke off")

    for _ in range(5):  # whether the command has begun by then is chance
        with pytest.raises(OSError, match="broke off"):
            connection.stream("cat && touch taken", stdin=io.BytesIO(b"x" * 1000), on_bytes=broken)
    time.sleep(0.5)
    assert connection.run("test ! -e taken && ! pgrep -x cat").ok


def test_closing_leaves_no_process_and_no_file(made: host.Host) -> None:
    connection = Connection.open(reachable(made.alias, made.config))
    connection.forward_socket("/var/run/docker.sock")
    threads = [threading.Thread(target=connection.run, args=("true",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    folder = folder_of(connection)
    assert ssh_processes(folder)
    connection.close()
    assert ssh_processes(folder) == []
    assert not folder.exists()


def test_a_command_costs_one_round_trip(made: host.Host, tmp_path: Path) -> None:
    with faults.slow_line(made, 0.05) as port:
        file = other_config(made, tmp_path, Port=port)
        with Connection.open(reachable("other", file, connect=10)) as connection:
            seconds = [connection.run("true").seconds for _ in range(9)]
            fed = [connection.run("cat", stdin=b"x" * 1000) for _ in range(5)]
            assert {one.text for one in fed} == {"x" * 1000}
    assert 0.1 <= statistics.median(seconds) < 0.15
    assert statistics.median(one.seconds for one in fed) < 0.15
