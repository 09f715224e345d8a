"""The connection over the `local` transport: real shells, no Docker, no sshd."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from deploy.connection import Connection
from deploy.errors import CommandTimeout, ConnectionFailed, GonogoError, UsageError


def reachable(host: str = "local", timeout: float = 10) -> SimpleNamespace:
    """What a connection needs of a target."""
    return SimpleNamespace(
        host=host,
        ssh=SimpleNamespace(config_file=None),
        thresholds=SimpleNamespace(connect_timeout_s=5, command_timeout_s=timeout),
    )


@pytest.fixture(scope="module")
def local() -> Iterator[Connection]:
    with Connection.open(reachable()) as connection:
        yield connection


def test_input_of_any_size_arrives(local: Connection) -> None:
    for size in (0, 1, 65_536, 65_537, 3_000_000):
        data = os.urandom(size)
        assert local.run("cat", stdin=data).stdout == data


def test_a_command_that_reads_none_of_its_input_ends_all_the_same(local: Connection) -> None:
    assert local.run("echo done", stdin=bytes(60_000)).text == "done\n"
    assert local.run("echo done", stdin=bytes(3_000_000)).text == "done\n"


def test_small_input_is_in_no_argument_list(local: Connection) -> None:
    seen = local.run("cat >/dev/null; cat /proc/[0-9]*/cmdline | tr '\\0' ' '", stdin=b"sesame-open-93")
    assert "/proc" in seen.text
    assert "sesame-open-93" not in seen.text
    assert "c2VzYW1lLW9wZW4tOTM" not in seen.text


def test_the_command_of_a_stream_is_in_no_local_argument_list(local: Connection) -> None:
    script = "cat /proc/$PPID/cmdline /proc/$(cut -d' ' -f4 /proc/$PPID/stat)/cmdline | tr '\\0' ' '"
    seen = local.stream(f"{script}; : $((40+2)) marker", stdin=None).text
    assert "IFS= read -r c" in seen


def test_a_stream_reports_what_it_sent_and_what_came_back(local: Connection) -> None:
    sent: list[int] = []
    data = os.urandom(1_000_000)
    result = local.stream("wc -c; echo 'it'\\''s' >&2\nexit 4", stdin=io.BytesIO(data), on_bytes=sent.append)
    assert (result.exit_status, result.text.strip(), result.error_text) == (4, "1000000", "it's\n")
    assert sum(sent) == 1_000_000


class Broken(io.RawIOBase):
    """A source that fails after its first piece, as a producer that dies does."""

    def __init__(self) -> None:
        self.pieces = 0

    def read(self, _: int = -1) -> bytes:
        self.pieces += 1
        if self.pieces > 1:
            raise OSError("the archive broke off")
        return b"x" * 1000


def test_a_source_that_breaks_is_no_end_of_input(local: Connection, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="broke off"):
        local.stream(f"cat && touch {tmp_path}/taken", stdin=Broken())  # type: ignore[arg-type]
    assert local.run("echo on").text == "on\n"


def test_a_command_over_its_time_is_ended_with_its_children(local: Connection, tmp_path: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(CommandTimeout, match=r"local: .*sleep.* did not end within 0\.1 s"):
        local.run(f"(sleep 0.4; touch {tmp_path}/late) & wait", timeout=0.1)
    assert time.monotonic() - begun < 0.4
    assert local.run("echo on").text == "on\n"
    time.sleep(max(0.0, begun + 0.45 - time.monotonic()))
    assert not (tmp_path / "late").exists()


@pytest.mark.parametrize("timeout", [0.3, 5])
def test_without_a_timeout_program_the_limit_holds_too(
    monkeypatch: pytest.MonkeyPatch, timeout: float
) -> None:
    monkeypatch.setattr("deploy.wire.shell.PREAMBLE", "{ trap : TERM; echo $$; echo none; }")
    with Connection.open(reachable()) as connection:
        if timeout < 1:
            with pytest.raises(CommandTimeout):
                connection.run("sleep 60; echo never", timeout=timeout)
        assert connection.run("echo $PPID; cat", stdin=b"in", timeout=timeout).text.endswith("\nin")
        assert connection.run("echo $PPID").text == f"{connection._line._pool._first.pid}\n"


def test_background_children_do_not_hold_a_command_up(local: Connection) -> None:
    begun = time.monotonic()
    assert local.run("sleep 3 & echo started").text == "started\n"
    assert time.monotonic() - begun < 1


def test_what_was_said_between_commands_is_in_no_answer(local: Connection) -> None:
    local.run("(sleep 0.05; echo stray; echo stray >&2) & :")
    time.sleep(0.2)
    result = local.run("echo mine")
    assert (result.stdout, result.stderr) == (b"mine\n", b"")


def test_a_shell_that_is_killed_costs_one_command_only(local: Connection) -> None:
    with pytest.raises(ConnectionFailed, match="ended before its answer"):
        local.run("kill -KILL $(cut -d' ' -f4 /proc/$PPID/stat)")
    assert local.run("echo on").text == "on\n"


def test_threads_run_side_by_side(local: Connection) -> None:
    answers: dict[int, str] = {}

    def ask(number: int) -> None:
        answers[number] = local.run(f"sleep 0.2; echo {number}").text

    begun = time.monotonic()
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: f"{number}\n" for number in range(6)}
    assert time.monotonic() - begun < 1


def test_closing_ends_what_waits_and_what_comes_after() -> None:
    connection = Connection.open(reachable())
    failures: list[str] = []

    def ask() -> None:
        try:
            connection.run("sleep 30")
        except ConnectionFailed as error:
            failures.append(str(error))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    connection.close()
    connection.close()
    for thread in threads:
        thread.join(5)
    assert len(failures) == 6
    with pytest.raises(ConnectionFailed, match="was closed"):
        connection.run("true")


@pytest.mark.parametrize(
    ("command", "words"), [("a\0b", "NUL"), (": " + "x" * 130_000, "bytes"), ("true", "timeout is 0 s")]
)
def test_what_no_shell_takes_is_refused(local: Connection, command: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        local.run(command, timeout=0 if words.startswith("timeout") else None)
    assert local.run("echo on").text == "on\n"


def test_check_names_command_status_and_last_words_redacted() -> None:
    with (
        Connection.open(reachable(), redact=lambda text: text.replace("hunter22", "***")) as connection,
        pytest.raises(GonogoError, match=r"^local: `.*` ended with 2: no luck with \*\*\*$"),
    ):
        connection.check("echo first; echo no luck with hunter22 >&2; exit 2")


def test_a_result_does_not_show_its_output_by_itself(local: Connection) -> None:
    result = local.run("cat; cat /dev/null >&2", stdin=b"hunter22")
    assert result.text == "hunter22"
    assert "hunter22" not in repr(result)


def test_the_transcript_holds_every_outcome_once() -> None:
    with Connection.open(reachable()) as connection:
        mark = connection.transcript.mark()
        connection.run("echo out; echo err >&2; exit 3", mutates=True)
        connection.stream("cat", stdin=io.BytesIO(b"fed"))
        with pytest.raises(CommandTimeout):
            connection.run("sleep 9", timeout=0.2)
        entries = connection.transcript.since(mark)
    found = [(e.command, e.exit_status, e.output, e.mutates) for e in entries[:2]]
    assert found == [("echo out; echo err >&2; exit 3", 3, "out\nerr\n", True), ("cat", 0, "fed", True)]
    assert entries[2].exit_status is None
    assert "did not end within" in entries[2].output


def test_a_port_of_another_address_is_relayed(local: Connection) -> None:
    with socket.create_server(("127.0.0.2", 0)) as server:
        port = local.forward_port("127.0.0.2", server.getsockname()[1])
        assert port == local.forward_port("127.0.0.2", server.getsockname()[1])
        with socket.create_connection(("127.0.0.1", port), timeout=5) as near:
            far, _ = server.accept()
            near.sendall(b"there")
            assert far.recv(10) == b"there"
            far.sendall(b"back")
            far.close()
            assert near.recv(10) == b"back"
            assert near.recv(10) == b""
    assert local.forward_port("127.0.0.1", 6380) == 6380
    assert local.forward_socket("/run/x.sock") == Path("/run/x.sock")


def running(pid: int) -> bool:
    """Whether a process does anything: one that nobody has waited for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[-1][0] != "Z"
    except FileNotFoundError:
        return False


INTERRUPTED = """
import sys, time, signal, threading, os
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.path.insert(0, {root!r})
from types import SimpleNamespace as N
from deploy.connection import Connection
target = N(host="local", ssh=N(config_file=None), thresholds=N(connect_timeout_s=5, command_timeout_s=60))
connection = Connection.open(target)
threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    connection.run("echo $$ > {folder}/pid; sleep 60; touch {folder}/late")
except KeyboardInterrupt:
    print(connection.run("echo usable").text, end="")
"""


def test_an_interrupt_ends_the_command_and_leaves_nothing_behind(tmp_path: Path) -> None:
    source = INTERRUPTED.format(root=str(Path(__file__).parents[2]), folder=tmp_path)
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, timeout=20, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"usable\n", b"")
    assert not running(int((tmp_path / "pid").read_text()))
