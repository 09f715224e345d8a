"""The connection over the `local` transport: real shells, no Docker, no sshd."""

from __future__ import annotations

import io
import os
import socket
import threading
from pathlib import Path

import pytest

from gonogo.deploy.errors import CommandTimeout, GonogoError, UsageError
from gonogo.deploy.ssh import request_log
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.ssh.pool import MOST_SHELLS
from tests.unit.stacks import target
from tests.unit.waiting import until


def test_input_of_any_size_arrives(connection: Connection) -> None:
    for size in (0, 1, 65_536, 65_537, 1_000_000):
        data = os.urandom(size)
        assert connection.run("cat", stdin=data).stdout == data


def test_a_command_that_reads_none_of_its_input_ends_all_the_same(connection: Connection) -> None:
    assert connection.run("echo done", stdin=bytes(60_000)).text == "done\n"
    assert connection.run("echo done", stdin=bytes(3_000_000)).text == "done\n"


def test_small_input_is_in_no_argument_list(connection: Connection) -> None:
    seen = connection.run("cat >/dev/null; cat /proc/[0-9]*/cmdline | tr '\\0' ' '", stdin=b"sesame-open-93")
    assert "/proc" in seen.text
    assert "sesame-open-93" not in seen.text
    assert "c2VzYW1lLW9wZW4tOTM" not in seen.text


def test_the_command_of_a_stream_is_in_no_local_argument_list(connection: Connection) -> None:
    script = "cat /proc/$PPID/cmdline /proc/$(cut -d' ' -f4 /proc/$PPID/stat)/cmdline | tr '\\0' ' '"
    seen = connection.stream(f"{script}; : $((40+2)) marker", stdin=None).text
    assert "IFS= read -r c" in seen


def test_a_stream_reports_what_it_sent_and_what_came_back(connection: Connection) -> None:
    sent: list[int] = []
    data = os.urandom(1_000_000)
    result = connection.stream(
        "wc -c; echo 'it'\\''s' >&2\nexit 4", stdin=io.BytesIO(data), on_bytes=sent.append
    )
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


def test_a_source_that_breaks_is_no_end_of_input(connection: Connection, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="broke off"):
        connection.stream(f"cat && touch {tmp_path}/taken", stdin=Broken())  # type: ignore[arg-type]

    def gone(_: int) -> None:
        raise BrokenPipeError("nobody reads the progress")

    with pytest.raises(BrokenPipeError):
        connection.stream(f"cat && touch {tmp_path}/taken", stdin=io.BytesIO(b"x" * 1_000_000), on_bytes=gone)
    assert connection.run("echo on").text == "on\n"
    assert list(tmp_path.iterdir()) == []


def test_what_was_said_between_commands_is_in_no_answer(connection: Connection, tmp_path: Path) -> None:
    said = tmp_path / "said"
    connection.run(f"(sleep 0.05; echo stray; echo stray >&2; touch {said}) & :")
    until(said.exists)
    result = connection.run("echo mine")
    assert (result.stdout, result.stderr) == (b"mine\n", b"")


def test_threads_run_side_by_side(connection: Connection, tmp_path: Path) -> None:
    answers: dict[int, str] = {}
    all_there = f"until [ $(ls {tmp_path} | wc -l) -ge {MOST_SHELLS} ]; do sleep 0.005; done"

    def ask(number: int) -> None:
        answers[number] = connection.run(f"touch {tmp_path}/{number}; {all_there}; echo {number}").text

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: f"{number}\n" for number in range(6)}


@pytest.mark.parametrize(
    ("command", "words"), [("a\0b", "NUL"), (": " + "x" * 130_000, "bytes"), ("true", "timeout is 0 s")]
)
def test_what_no_shell_takes_is_refused(connection: Connection, command: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        connection.run(command, timeout=0 if words.startswith("timeout") else None)
    assert connection.run("echo on").text == "on\n"


def test_check_names_command_status_and_last_words_redacted() -> None:
    with (
        Connection.open(target(), redact=lambda text: text.replace("hunter22", "***")) as connection,
        pytest.raises(GonogoError, match=r"^local: `.*` ended with 2: no luck with \*\*\*$"),
    ):
        connection.check("echo first; echo no luck with hunter22 >&2; exit 2")


def test_a_result_does_not_show_its_output_by_itself(connection: Connection) -> None:
    result = connection.run("cat; cat /dev/null >&2", stdin=b"hunter22")
    assert result.text == "hunter22"
    assert "hunter22" not in repr(result)


def test_the_transcript_holds_every_outcome_once() -> None:
    with Connection.open(target()) as connection:
        mark = connection.transcript.mark()
        connection.run("echo out; echo err >&2; exit 3", mutates=True)
        connection.stream("cat", stdin=io.BytesIO(b"fed"))
        with pytest.raises(CommandTimeout):
            connection.run("sleep 9", timeout=0.1)
        entries = connection.transcript.since(mark)
    found = [(e.command, e.exit_status, e.output, e.mutates) for e in entries[:2]]
    assert found == [("echo out; echo err >&2; exit 3", 3, "out\nerr\n", True), ("cat", 0, "fed", True)]
    assert entries[2].exit_status is None
    assert "did not end within" in entries[2].output


def test_a_port_of_another_address_is_relayed(connection: Connection) -> None:
    with socket.create_server(("127.0.0.2", 0)) as server:
        port = connection.forward_port("127.0.0.2", server.getsockname()[1])
        assert port == connection.forward_port("127.0.0.2", server.getsockname()[1])
        with socket.create_connection(("127.0.0.1", port), timeout=5) as near:
            far, _ = server.accept()
            near.sendall(b"there")
            assert far.recv(10) == b"there"
            far.sendall(b"back")
            far.close()
            assert near.recv(10) == b"back"
            assert near.recv(10) == b""
    assert connection.forward_port("127.0.0.1", 6380) == 6380
    assert connection.forward_socket("/run/x.sock") == Path("/run/x.sock")


def test_a_recording_has_room_for_so_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_log, "RECORDED", 10)
    with Connection.open(target()) as connection:
        for command in ("echo 123456", "echo 789", "echo 0"):
            connection.run(command)
        assert [one.command for one in connection.asked] == ["echo 123456", "echo 0"]
