"""Framing and the persistent shell: any bytes, any command, any POSIX shell."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gonogo.deploy.ssh.channel import Gone, Late
from gonogo.deploy.ssh.framing import SESSION, Answer, Request, with_timeout
from gonogo.deploy.ssh.session import Session
from gonogo.deploy.ssh.shell import Shell
from tests.unit.tables import every

NUMBER = "0123456789abcdef" * 2
SHELLS = [name for name in ("dash", "bash", "busybox", "zsh") if shutil.which(name)]
LOGIN_SHELLS = [name for name in ("sh", "bash", "zsh", "fish", "tcsh") if shutil.which(name)]


def started(*argv: str) -> Shell:
    return Shell.open(argv, 5)


@pytest.fixture(scope="module")
def shell() -> Iterator[Shell]:
    shell = started("sh")
    yield shell
    shell.close()


@settings(max_examples=60)
@given(noise=st.binary(), data=st.binary(), after=st.binary(), cuts=st.lists(st.integers(0, 400), max_size=8))
def test_an_answer_is_found_however_the_stream_is_cut(
    noise: bytes, data: bytes, after: bytes, cuts: list[int]
) -> None:
    stream = noise + f"{NUMBER}<77\n".encode() + data + f"{NUMBER}>3\n".encode() + after
    answer = Answer(NUMBER)
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    for begin, end in pairwise(places):
        answer.feed(stream[begin:end])
    assert (answer.pid, answer.data, answer.value) == (b"77", data, b"3")


@given(data=st.binary())
def test_an_answer_without_its_end_is_not_complete(data: bytes) -> None:
    answer = Answer(NUMBER)
    answer.feed(f"{NUMBER}<1\n".encode() + data + f"{NUMBER}>".encode())
    assert not answer.complete


@settings(max_examples=25)
@given(data=st.binary(max_size=3000))
def test_any_bytes_survive_on_all_three_streams(shell: Shell, data: bytes) -> None:
    result = shell.run("tee /dev/stderr", data, 5)
    assert (result.exit_status, result.stdout, result.stderr) == (0, data, data)


@settings(max_examples=25)
@given(text=st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=200))
def test_any_text_survives_in_a_command(shell: Shell, text: str) -> None:
    quoted = "'" + text.replace("'", "'\\''") + "'"
    assert shell.run(f"printf %s {quoted}", None, 5).stdout == text.encode()


@settings(max_examples=8)
@given(text=st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=200), data=st.binary())
def test_any_text_and_input_survive_in_a_session(text: str, data: bytes) -> None:
    quoted = "'" + text.replace("'", "'\\''") + "'"
    session = Session(["sh", "-c", SESSION], f"printf %s {quoted}\ncat >&2", "fractional", 5)
    result = session.run(io.BytesIO(data))
    session.close()
    assert (result.stdout, result.stderr) == (text.encode(), data)


@every(
    "command, status, out, err",
    [
        ("printf hi", 0, b"hi", b""),
        ("echo out; echo err >&2; exit 3", 3, b"out\n", b"err\n"),
        ("cat", 0, b"", b""),
        ("kill -KILL $$", 137, b"", None),
        ("kill -TERM $$", 143, b"", None),
        ("kill -TERM 0; sleep 5", 143, b"", None),
        ("kill -KILL 0; sleep 5", 137, b"", None),
        ("exit 255", 255, b"", b""),
        ("exit 124", 124, b"", b""),
        ("echo 'it'\\''s' \\\n \"$(echo two)\"\n\n# end", 0, b"it's two\n", b""),
        ("exec echo gone", 0, b"gone\n", b""),
        ("cat <<'X'\na '\nX", 0, b"a '\n", b""),
        ("echo $LC_ALL", 0, b"C\n", b""),
        ("exec >&- 2>&-; exit 5", 5, b"", b""),
        ("(", 2, b"", None),
    ],
)
def test_a_command_comes_back_as_it_was(
    shell: Shell, command: str, status: int, out: bytes, err: bytes | None
) -> None:
    result = shell.run(command, None, 5)
    assert (result.exit_status, result.stdout) == (status, out)
    assert err is None or result.stderr == err
    assert shell.run("echo on", None, 5).stdout == b"on\n"


def test_many_megabytes_on_one_stream_and_some_on_the_other(shell: Shell) -> None:
    result = shell.run("head -c 14000000 /dev/zero & head -c 3000000 /dev/zero >&2; wait", None, 30)
    assert (len(result.stdout), len(result.stderr)) == (14_000_000, 3_000_000)


@pytest.mark.parametrize("name", SHELLS)
def test_every_posix_shell_will_do(name: str) -> None:
    shell = started(*([name, "sh"] if name == "busybox" else [name]))
    assert shell.takes_stdin
    assert shell.run("cat; exit 4", b"\0'\n\xff", 5).stdout == b"\0'\n\xff"
    shell.close()
    assert not shell.channel.alive


@pytest.mark.parametrize("name", LOGIN_SHELLS)
def test_every_login_shell_leads_there(name: str) -> None:
    shell = started(name, "-c", "exec sh")
    assert shell.run("printf %s \"it's !x\" 'a\\b'", None, 5).stdout == b"it's !xa\\b"
    shell.close()
    session = Session([name, "-c", SESSION], "printf %s \"it's !x\" 'a\\b'; cat", shell.clock, 5)
    assert session.run(io.BytesIO(b"\\n")).stdout == b"it's !xa\\b\\n"
    session.close()


def test_what_a_login_shell_says_first_is_in_no_answer() -> None:
    shell = started("sh", "-c", "echo welcome; echo motd >&2; printf 'no newline'; exec sh")
    result = shell.run("echo mine", None, 5)
    assert (result.stdout, result.stderr) == (b"mine\n", b"")
    shell.close()


def test_no_shell_is_told_by_its_last_words() -> None:
    with pytest.raises(Gone, match="This account is not available"):
        started("sh", "-c", "echo This account is not available; exit 1")


def test_a_shell_that_says_nothing_is_late_and_ended() -> None:
    with pytest.raises(Late):
        Shell.open(["sleep", "60"], 0.05)


@pytest.mark.parametrize(
    ("clock", "text"),
    [
        ("fractional", "timeout -k 2 0.500 sh -c 'a b'"),
        ("whole", "timeout -k 2 1 sh -c 'a b'"),
        ("none", "sh -c 'a b'"),
    ],
)
def test_the_limit_is_given_as_the_target_understands_it(clock: str, text: str) -> None:
    assert with_timeout("a b", 0.5, clock) == text  # type: ignore[arg-type]


def test_a_session_line_is_one_line() -> None:
    line = Request(NUMBER, "printf 'a\nb\\n'").for_session()
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
