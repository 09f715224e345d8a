"""testinfra and the Docker SDK on our connection; what needs a real server is in tests/lab."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from gonogo.deploy.errors import CommandTimeout, GonogoError
from gonogo.deploy.host.docker_sdk import local_engine, target_engine
from gonogo.deploy.release.host import Host
from gonogo.deploy.ssh.connection import Connection


@pytest.fixture(scope="module")
def local() -> Iterator[Connection]:
    target = SimpleNamespace(
        host="local",
        ssh=SimpleNamespace(config_file=None),
        thresholds=SimpleNamespace(connect_timeout_s=5, command_timeout_s=10),
    )
    with Connection.open(target) as connection:
        yield connection


@pytest.fixture
def host(local: Connection) -> Host:
    return Host.over(local)


def test_commands_and_quoting(host: Host) -> None:
    result = host.run("echo %s; echo err >&2; exit 3", "it's $HOME")
    assert (result.rc, result.stdout, result.stderr) == (3, "it's $HOME\n", "err\n")
    assert host.run("exit 255").rc == 255
    assert host.check_output("printf 'a\\n'") == "a"


def test_files_of_any_name_and_content(host: Host, tmp_path: Path) -> None:
    file = tmp_path / "it's a $(file) é"
    file.write_bytes(b"\xff\0content")
    found = host.file(str(file))
    assert found.is_file
    assert found.content == b"\xff\0content"
    assert found.size == 9


def test_bytes_that_are_no_text_do_not_break_a_check(host: Host) -> None:
    assert host.run("printf 'a\\377b'").stdout == "a\ufffdb"


def test_modules_that_need_no_server(host: Host) -> None:
    assert host.system_info.type == "linux"
    assert host.user("root").uid == 0
    assert host.group("root").exists
    assert host.process.filter(user="root")
    assert host.exists("sh")
    assert host.mount_point("/proc").filesystem == "proc"


def test_a_listening_socket_is_found_by_address_and_port(host: Host) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert host.socket(f"tcp://127.0.0.1:{port}").is_listening
    assert not host.socket(f"tcp://127.0.0.1:{port}").is_listening


def test_a_limit_can_be_given_and_is_told(host: Host) -> None:
    with pytest.raises(CommandTimeout, match=r"did not end within 0\.1 s"):
        host.run("sleep 9", timeout=0.1)


def test_answers_go_to_the_transcript_and_to_no_log(
    host: Host, local: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    mark = local.transcript.mark()
    with caplog.at_level(logging.DEBUG):
        host.run("echo hunter22")
    assert local.transcript.since(mark)[0].output == "hunter22\n"
    assert "hunter22" not in caplog.text


def test_a_missing_engine_socket_is_one_sentence(local: Connection, tmp_path: Path) -> None:
    with pytest.raises(GonogoError, match=r"^local: there is no Docker socket at .*install Docker") as caught:
        target_engine(local, f"{tmp_path}/docker.sock")
    assert "\n" not in str(caught.value)


def test_an_engine_that_does_not_answer_is_one_sentence(local: Connection, tmp_path: Path) -> None:
    path = tmp_path / "d.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        with pytest.raises(GonogoError, match=r"^local: no Docker Engine answers behind"):
            target_engine(local, str(path))


def test_no_local_engine_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(GonogoError, match="no Docker Engine answers on this machine"):
        local_engine()
