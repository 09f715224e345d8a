"""Each fault is there while it lasts, as a server would show it, and gone afterwards whatever happened."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress

import pytest

from gonogo.deploy.errors import GonogoError
from lab import faults, host
from lab.docker import check, run
from lab.relay import Relay

pytestmark = pytest.mark.lab
NAME = f"t-faults-{os.getpid()}"
REDIS = "gonogo-lab/redis:latest"
INSIDE = {"cut off": faults.cut_off, "engine": faults.engine_stopped, "disk": faults.disk_full}


@pytest.fixture(scope="module")
def made() -> Iterator[host.Host]:
    """A fresh host, removed afterwards."""
    try:
        yield host.up(NAME)
    finally:
        host.down(NAME)


@pytest.fixture
def far_end() -> Iterator[socket.socket]:
    """A listening socket for a relay to lead to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        yield server


def ssh(made: host.Host, *arguments: str, port: int | None = None) -> subprocess.CompletedProcess[bytes]:
    return run(["ssh", *through(made, port or made.port), *arguments], timeout=30)


def through(made: host.Host, port: int) -> list[str]:
    """The options of ssh, and the host, over another port that leads to it."""
    options = ["-o", "BatchMode=yes", "-o", f"HostKeyAlias=[127.0.0.1]:{made.port}", "-p", str(port)]
    return ["-F", str(made.config), *options, made.alias]


def row() -> dict[str, str]:
    return next(each for each in host.status() if each["name"] == NAME)


def test_a_cut_line_hangs_and_heals(made: host.Host) -> None:
    with faults.cut_off(NAME):
        cut = run(["ssh", "-o", "ConnectTimeout=2", *through(made, made.port), "true"], timeout=30)
        assert (row()["sshd"], row()["engine"]) == ("no", "yes")
    assert cut.returncode == 255
    assert b"timed out" in cut.stderr
    assert ssh(made, "true").returncode == 0


def test_the_engine_stops_and_the_host_goes_on(made: host.Host) -> None:
    with faults.engine_stopped(NAME):
        assert b"Cannot connect" in ssh(made, "docker version").stderr
        assert (row()["sshd"], row()["engine"]) == ("yes", "no")
    assert ssh(made, "docker version").returncode == 0


def test_a_frozen_host_takes_a_connection_and_never_answers(made: host.Host) -> None:
    with faults.frozen(NAME):
        assert (row()["state"], row()["sshd"], row()["engine"]) == ("paused", "no", "no")
        frozen = run(["ssh", "-o", "ConnectTimeout=2", *through(made, made.port), "true"], timeout=30)
    assert frozen.returncode == 255
    assert b"timed out" in frozen.stderr
    assert ssh(made, "true").returncode == 0


def test_up_thaws_a_host_that_was_left_frozen(made: host.Host) -> None:
    with faults.frozen(NAME):
        assert host.up(NAME) == made
        assert row()["state"] == "running"


def test_not_one_byte_fits_on_a_full_disk(made: host.Host) -> None:
    with faults.disk_full(NAME, "/srv/a full/disk", "1m") as path:
        written = host.execute(NAME, f"echo x > '{path}/new'")
        free = host.execute(NAME, f"df --output=avail '{path}'; stat -c %U '{path}'").stdout.split()
        assert b"No space left on device" in written.stderr
        assert free[1:] == [b"0", b"deploy"]
        assert host.execute(NAME, "echo x > /srv/chat/new").returncode == 0
    assert host.execute(NAME, f"test -e '{path}'").returncode == 1


def test_a_full_disk_over_a_folder_gives_back_what_it_held(made: host.Host) -> None:
    host.put(NAME, "/srv/chat/kept", b"kept")
    with faults.disk_full(NAME, "/srv/chat", "1m"):
        assert host.execute(NAME, "ls /srv/chat").stdout == b"filler\n"
    assert host.execute(NAME, "cat /srv/chat/kept").stdout == b"kept"


def test_a_disk_that_cannot_be_made_leaves_nothing(made: host.Host) -> None:
    with pytest.raises(GonogoError, match="mount"), faults.disk_full(NAME, "/srv/bad", "much"):
        pass
    assert host.execute(NAME, "test -e /srv/bad").returncode == 1


def test_no_image_fits_in_a_full_data_root_and_what_was_there_stays(made: host.Host) -> None:
    host.load(NAME, ["gonogo-lab/base:latest"])
    images = host.execute(NAME, "docker image ls -q").stdout
    with faults.docker_root_full(NAME):
        assert host.execute(NAME, "docker image ls -q").stdout == images
        assert host.execute(NAME, "df --output=avail /var/lib/docker").stdout.split()[1:] == [b"0"]
        with pytest.raises(GonogoError, match="no space left on device"):
            host.load(NAME, [REDIS])
    assert host.execute(NAME, "docker image ls -q").stdout == images
    assert host.load(NAME, [REDIS]) == [REDIS]
    assert host.execute(NAME, "findmnt -n -S gonogo-full; ls -d /run/full").stdout == b""


def test_a_slow_line_adds_its_delay_each_way(made: host.Host) -> None:
    with faults.slow_line(made, 0.1) as port:
        started = time.monotonic()
        result = ssh(made, "head -c 1000000 /dev/zero", port=port)
    assert len(result.stdout) == 1_000_000
    assert time.monotonic() - started > 0.8  # a login takes at least four round trips


def test_a_line_takes_no_connection_after_its_end(made: host.Host) -> None:
    with faults.slow_line(made, 0.01) as port, socket.create_connection(("127.0.0.1", port)) as early:
        assert early.recv(4) == b"SSH-"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_a_stalled_line_hangs_mid_stream_and_goes_on(made: host.Host) -> None:
    with faults.stalled(made) as line:
        command = ["ssh", *through(made, line.port), "cat"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as echo:
            assert echo.stdin and echo.stdout
            os.write(echo.stdin.fileno(), b"before\n")
            assert os.read(echo.stdout.fileno(), 100) == b"before\n"
            line.stall()
            os.write(echo.stdin.fileno(), b"meanwhile\n")
            late = run(["ssh", "-o", "ConnectTimeout=2", *through(made, line.port), "true"], timeout=30)
            assert b"timed out" in late.stderr
            os.set_blocking(echo.stdout.fileno(), False)
            with pytest.raises(BlockingIOError):
                os.read(echo.stdout.fileno(), 100)
            assert echo.poll() is None
            os.set_blocking(echo.stdout.fileno(), True)
            line.resume()
            assert os.read(echo.stdout.fileno(), 100) == b"meanwhile\n"


def test_a_relay_passes_on_every_byte_and_the_end_of_each_direction(far_end: socket.socket) -> None:
    data = os.urandom(3_000_000)
    with Relay(far_end.getsockname()[1]) as line, socket.create_connection(("127.0.0.1", line.port)) as near:
        far, _ = far_end.accept()
        threading.Thread(target=lambda: (near.sendall(data), near.shutdown(socket.SHUT_WR))).start()
        with far, far.makefile("rb") as received:
            assert received.read() == data
            far.sendall(b"answer")
        with near.makefile("rb") as answer:
            assert answer.read() == b"answer"


def test_a_relay_without_a_far_end_closes_and_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with Relay(port) as line, socket.create_connection(("127.0.0.1", line.port)) as near:
        near.settimeout(10)
        with suppress(ConnectionResetError):
            assert near.recv(1) == b""
    assert "Traceback" not in capfd.readouterr().err


def test_the_end_of_a_relay_closes_a_stalled_connection(far_end: socket.socket) -> None:
    with Relay(far_end.getsockname()[1]) as line:
        near = socket.create_connection(("127.0.0.1", line.port), timeout=10)
        far, _ = far_end.accept()
        line.stall()
        near.sendall(b"never")
    with near, far:
        far.settimeout(10)
        with suppress(ConnectionResetError):
            assert far.recv(1) == b""


@pytest.mark.parametrize("fault", INSIDE.values(), ids=INSIDE)
def test_a_restart_meanwhile_ends_a_fault_in_peace(
    made: host.Host, fault: Callable[[str], AbstractContextManager[object]]
) -> None:
    with fault(NAME):
        run(["docker", "kill", made.container])
        assert host.up(NAME) == made
    assert ssh(made, "docker version").returncode == 0
    assert host.execute(NAME, "test -e /srv/full").returncode == 1


@pytest.mark.parametrize("fault", [*INSIDE.values(), faults.frozen], ids=[*INSIDE, "frozen"])
def test_a_host_that_is_down_has_no_fault_to_undo(
    made: host.Host, fault: Callable[[str], AbstractContextManager[object]]
) -> None:
    with fault(NAME):
        check(["docker", "kill", made.container])
    assert row()["state"] == "exited"
    assert host.up(NAME) == made
    assert ssh(made, "docker version").returncode == 0
