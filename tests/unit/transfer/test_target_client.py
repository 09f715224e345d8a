"""Docker's client: what that of the target's login would use, its engine and its logins, and none here."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.logins import Login
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.transfer import client
from gonogo.deploy.transfer.target_client import ClientNeeded, TargetClient, ask, parse
from tests.unit.stacks import target

HOST = "r.example.com"


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    """A connection to this machine, whose user has a login, and a client of Docker that knows its engine."""
    (tmp_path / "docker").write_text(
        '#!/bin/sh\n[ "$1 $2" = "context inspect" ] && echo unix:///run/x.sock\n'
    )
    (tmp_path / "docker").chmod(0o755)
    (tmp_path / "config.json").write_text(json.dumps({"auths": {HOST: {"auth": "YTpi"}}}))
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    for name, value in {
        "DOCKER_CONFIG": str(tmp_path),
        "DOCKER_AUTH_CONFIG": '{"a b": "$x"}',
        "DOCKER_CONTENT_TRUST": "",
        "DOCKER_DEFAULT_PLATFORM": "linux/amd64",
    }.items():
        monkeypatch.setenv(name, value)
    with Connection.open(target()) as found:
        yield found


def test_what_the_targets_client_would_use_is_read() -> None:
    config = {"auths": {HOST: {"auth": "YTpi"}}}
    found = parse(f"\nunix:///run/user/1000/docker.sock\n{json.dumps(config)}\n")
    assert (found.socket, found.login(HOST)) == ("/run/user/1000/docker.sock", Login("a", "b"))
    assert "YTpi" not in repr(found)
    assert parse("\n\n").login(HOST) is None
    for text in ("\nunix:///x\n{", "\nunix:///x\n[1]"):
        with pytest.raises(ClientNeeded, match="is in a file that cannot be read"):
            parse(text).login(HOST)


@pytest.mark.parametrize(
    ("registry_", "config", "found"),
    [
        (HOST, {"auths": {"https://r.example.com": {"auth": "YTpi"}}}, Login("a", "b")),
        (HOST, {"auths": {"https://r.example.com/v2/": {}, HOST: {"auth": "YTpiOmM="}}}, Login("a", "b:c")),
        (HOST, {"auths": {HOST: {"auth": "YTpi", "identitytoken": "t"}}}, Login(token="t")),
        ("docker.io", {"auths": {"https://index.docker.io/v1/": {"auth": "YTpi"}}}, Login("a", "b")),
        (HOST, {"auths": {"other.example.com": {"auth": "!"}, HOST: {}}}, None),
        (HOST, {"credHelpers": {"other.example.com": "pass"}}, None),
        (
            HOST,
            {"credHelpers": {HOST: ""}, "credsStore": "pass", "auths": {HOST: {"auth": "YTpi"}}},
            Login("a", "b"),
        ),
        (HOST, {"credHelpers": {HOST: "ecr-login"}}, "helper"),
        ("docker.io", {"credHelpers": {"https://index.docker.io/v1/": "pass"}}, "helper"),
        (HOST, {"auths": {HOST: {"auth": "!"}}}, "cannot be read"),
        (HOST, {"auths": {HOST: {"auth": 7}}}, "cannot be read"),
        (HOST, {"auths": {HOST: "x"}}, "cannot be read"),
        (HOST, {"auths": [], "credHelpers": "x"}, None),
    ],
)
def test_the_login_for_a_registry_is_found_as_docker_finds_it(
    registry_: str, config: dict[str, Any], found: Login | str | None
) -> None:
    known = TargetClient("unix:///x", config)
    if isinstance(found, str):
        with pytest.raises(ClientNeeded, match=found):
            known.login(registry_)
    else:
        assert known.login(registry_) == found


def test_variables_that_the_client_alone_knows_are_told(local: Connection) -> None:
    found = ask(local)
    assert found.variables == ("DOCKER_AUTH_CONFIG", "DOCKER_DEFAULT_PLATFORM")
    with pytest.raises(ClientNeeded, match="DOCKER_AUTH_CONFIG, DOCKER_DEFAULT_PLATFORM is set there"):
        assert found.socket
    assert found.endpoint == "unix:///run/x.sock"
    assert found.login(HOST) == Login("a", "b")


def test_the_logins_are_in_no_transcript(local: Connection) -> None:
    mark = local.transcript.mark()
    ask(local)
    (entry,) = local.transcript.since(mark)
    assert "not kept: they may hold secrets" in entry.output


def test_a_docker_that_is_not_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GonogoError, match="docker does not start on this machine"):
        client.docker("version")
