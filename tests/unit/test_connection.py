"""The connection over the `local` transport: real shells, no Docker, no sshd."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.backend import host_for
from deploy.connection import Connection
from deploy.errors import CommandTimeout, ConnectionFailed, GonogoError, UsageError
from deploy.ssh import destination, diagnosis


def reachable(host: str = "local", timeout: float = 10) -> SimpleNamespace:
    return SimpleNamespace(
        host=host,
        ssh=SimpleNamespace(config_file=None),
        thresholds=SimpleNamespace(connect_timeout_s=5, command_timeout_s=timeout),
    )


@pytest.fixture(scope="module")
def local():
    with Connection(reachable()) as connection:
        yield connection


@pytest.mark.parametrize(
    ("command", "status", "out", "err"),
    [
        ("printf hi", 0, b"hi", b""),
        ("echo out; echo err >&2; exit 3", 3, b"out\n", b"err\n"),
        ("cat", 0, b"", b""),
        ("kill -9 $$", 137, b"", b"Killed\n"),
        ("printf 'a\\0b\\377'", 0, b"a\0b\xff", b""),
        ("printf '\\n\\n'", 0, b"\n\n", b""),
        ("echo 'it'\\''s' \\\n \"$(echo two)\"", 0, b"it's two\n", b""),
        ("exec echo gone", 0, b"gone\n", b""),
    ],
)
def test_a_command_comes_back_as_it_was(local, command, status, out, err):
    result = local.run(command)
    assert (result.exit_status, result.stdout, result.stderr) == (status, out, err)


@settings(max_examples=25, deadline=None)
@given(data=st.binary(max_size=2000))
def test_any_bytes_survive_both_ways(local, data):
    result = local.run("tee /dev/stderr", stdin=data)
    assert result.stdout == data
    assert result.stderr == data


def test_input_larger_than_a_request_survives(local):
    data = bytes(range(256)) * 4096
    assert local.run("cat", stdin=data).stdout == data


def test_a_large_answer_survives(local):
    assert len(local.run("head -c 20000000 /dev/zero").stdout) == 20_000_000


def test_input_is_in_no_argument_list(local):
    seen = local.run("cat >/dev/null; cat /proc/[0-9]*/cmdline | tr '\\0' ' '", stdin=b"sesame-open-93")
    assert "sesame-open-93" not in seen.text
    assert "c2VzYW1lLW9wZW4tOTM" not in seen.text


def test_a_command_that_never_ends_is_cut_and_the_connection_goes_on(local):
    begun = time.monotonic()
    with pytest.raises(CommandTimeout, match=r"0\.3 s"):
        local.run("sleep 30", timeout=0.3)
    assert time.monotonic() - begun < 5
    assert local.run("echo on").text == "on\n"


def test_a_dead_shell_is_one_cause_for_all_that_wait():
    connection = Connection(reachable())
    causes: list[str] = []

    def ask() -> None:
        try:
            connection.run("sleep 5")
        except ConnectionFailed as error:
            causes.append(str(error))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    connection._shell._process.kill()
    for thread in threads:
        thread.join(5)
    connection.close()
    assert len(causes) == 4
    assert len(set(causes)) == 1


def test_check_names_what_failed(local):
    with pytest.raises(GonogoError, match="ended with 2: no luck"):
        local.check("echo no luck >&2; exit 2")


def test_the_transcript_is_redacted_with_what_is_known_when_it_is_read():
    with Connection(reachable()) as connection:
        mark = connection.transcript.mark()
        connection.run("echo hunter22")
        connection.transcript.redact = lambda text: text.replace("hunter22", "***")
        (entry,) = connection.transcript.since(mark)
    assert entry.command == "echo ***"
    assert entry.output == "***\n"


def test_testinfra_runs_on_the_connection(local, tmp_path: Path):
    file = tmp_path / "it's a $(file)"
    file.write_text("content")
    host = host_for(local)
    assert host.file(str(file)).content_string == "content"
    assert host.run("echo %s", "a b'c").stdout == "a b'c\n"
    assert host.run("exit 255").rc == 255


@pytest.mark.parametrize("host", ["-oProxyCommand=x", "ssh://-x@h", "ssh://", "a b", ""])
def test_a_host_that_could_be_an_option_is_refused(host):
    with pytest.raises(UsageError):
        destination(host)


def test_an_address_becomes_arguments():
    assert destination("ssh://me@example.org:2222") == ["-p", "2222", "-l", "me", "--", "example.org"]
    assert destination("alias") == ["--", "alias"]


@pytest.mark.parametrize(
    ("host", "cause"),
    [("ssh://nobody@127.0.0.1:1", "nothing listens"), ("no-such-host.invalid", "does not resolve")],
)
def test_an_unreachable_host_is_one_sentence(host, cause):
    with pytest.raises(ConnectionFailed, match=cause) as caught:
        Connection(reachable(host))
    assert host in str(caught.value)


def test_unknown_last_words_are_passed_on():
    assert diagnosis("h", "kex error\nno matching cipher") == "cannot reach h: no matching cipher"
