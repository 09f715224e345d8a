"""What the connection to a real server says when it cannot begin, and when it breaks."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gonogo.deploy.errors import ConnectionFailed, GonogoError
from gonogo.deploy.host.docker_sdk import target_engine
from gonogo.deploy.ssh.connection import Connection
from lab import faults, host
from tests.lab.connecting import folder_of, other_config, reachable, ssh_processes

pytestmark = pytest.mark.lab
NAME = f"t-fail-{os.getpid()}"


@pytest.fixture(scope="module")
def made() -> Iterator[host.Host]:
    """A host of our own: these tests cut it off."""
    yield host.up(NAME)
    host.down(NAME)


def refusal(to: str, config_file: Path | None, connect: float = 5) -> str:
    begun = time.monotonic()
    with pytest.raises(ConnectionFailed) as caught:
        Connection.open(reachable(to, config_file, connect))
    assert time.monotonic() - begun < 2 * connect + 1
    message = str(caught.value)
    assert message.startswith(f"cannot reach {to}: ")
    assert "\n" not in message
    return message


# What it says when it cannot begin


def test_no_such_name() -> None:
    assert "its name does not resolve" in refusal("ssh://deploy@no-such-host.invalid", None)


def test_a_closed_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert "nothing listens" in refusal(f"ssh://deploy@127.0.0.1:{port}", None)


def test_a_port_that_never_speaks() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert "did not answer within 1 s" in refusal(f"ssh://deploy@127.0.0.1:{port}", None, connect=1)


def test_an_unknown_host_key(made: host.Host, tmp_path: Path) -> None:
    file = other_config(made, tmp_path, UserKnownHostsFile=tmp_path / "empty")
    assert f"host key is not known here yet: connect once with `ssh -F {file} other`" in refusal(
        "other", file
    )


def test_a_changed_host_key(made: host.Host, tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    public = " ".join(key.with_suffix(".pub").read_text().split()[:2])
    (tmp_path / "known").write_text(f"[127.0.0.1]:{made.port} {public}\n")
    assert "not the one in known_hosts" in refusal(
        "other", other_config(made, tmp_path, UserKnownHostsFile=tmp_path / "known")
    )


def test_a_wrong_key(made: host.Host, tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    assert "refused the login: add your public key" in refusal(
        "other", other_config(made, tmp_path, IdentityFile=key)
    )


def test_a_faulty_configuration(made: host.Host, tmp_path: Path) -> None:
    file = other_config(made, tmp_path, Prot=22)
    assert "configuration is not usable" in refusal("other", file)


def test_no_ssh_program(monkeypatch: pytest.MonkeyPatch, made: host.Host) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert "install the OpenSSH client" in refusal(made.alias, made.config)


# What a strict server refuses


@pytest.fixture(scope="module")
def strict(made: host.Host, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A connection to a second sshd of the host, reached through the first: one session, no forwards."""
    settings = "-o MaxSessions=1 -o AllowTcpForwarding=no -o AllowStreamLocalForwarding=no"
    start = f"/usr/sbin/sshd -p 2022 -o PidFile=/run/strict.pid {settings}"
    assert host.execute(NAME, start, user="root").returncode == 0
    with Connection.open(reachable(made.alias, made.config)) as outer:
        port = outer.forward_port("127.0.0.1", 2022)
        config = other_config(made, tmp_path_factory.mktemp("strict"), Port=port)
        with Connection.open(reachable("other", config)) as connection:
            yield connection


def test_threads_share_the_only_session(strict: Connection) -> None:
    told: list[str] = []
    threads = [threading.Thread(target=lambda: told.append(strict.run("echo x").text)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == ["x\n"] * 4


def test_a_refused_session_names_the_setting(strict: Connection) -> None:
    with pytest.raises(ConnectionFailed, match="raise MaxSessions in its sshd_config"):
        strict.stream("true")
    assert strict.run("echo on").text == "on\n"


def test_a_refused_forward_names_the_setting(strict: Connection) -> None:
    with pytest.raises(GonogoError, match="AllowStreamLocalForwarding"):
        target_engine(strict)
    assert strict.run("echo on").text == "on\n"


# What it says when it breaks


def failures_of(connection: Connection, command: str, cut: Callable[[], object]) -> tuple[list[str], float]:
    """Cut the line while four threads wait for ``command``, two for a shell; return what they were told."""
    told: list[str] = []

    def ask() -> None:
        try:
            connection.run(command, mutates=True)
        except ConnectionFailed as error:
            told.append(str(error))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    begun = time.monotonic()
    cut()
    for thread in threads:
        thread.join(30)
    return told, time.monotonic() - begun


def test_a_dropped_connection_is_one_cause_for_all_at_once(made: host.Host) -> None:
    connection = Connection.open(reachable(made.alias, made.config))
    told, seconds = failures_of(
        connection, "sleep 65", lambda: host.execute(NAME, "pkill -9 -u deploy sshd", user="root")
    )
    assert len(told) == 6
    assert seconds < 5
    cause = f"the connection to {made.alias} was lost: it closed the connection"
    assert all(message.startswith(cause) for message in told), told
    assert sum("whether it took effect is not known" in message for message in told) == 4
    with pytest.raises(ConnectionFailed, match="was lost"):
        connection.run("true")
    with pytest.raises(ConnectionFailed, match="was lost"):
        connection.stream("true")
    connection.close()


def test_a_stalled_line_is_noticed_within_the_connect_timeout(made: host.Host) -> None:
    connection = Connection.open(reachable(made.alias, made.config, connect=2, command=60))
    line = faults.cut_off(NAME)
    told, seconds = failures_of(connection, "sleep 66", line.__enter__)
    line.__exit__(None, None, None)
    assert len(told) == 6
    assert seconds < 8
    assert all("it did not answer within 2 s" in message for message in told), told
    folder = folder_of(connection)
    connection.close()
    assert not folder.exists()
    assert ssh_processes(folder) == []
