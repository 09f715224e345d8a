"""Push and pull by Docker's SDK: a stand-in for the engine streams what real ones were recorded to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gonogo.deploy.errors import CommandTimeout, ConnectionFailed, GonogoError
from gonogo.deploy.host.docker_sdk import target_engine
from gonogo.deploy.host.logins import Login
from gonogo.deploy.ssh.connection import Result
from gonogo.deploy.ssh.transcript import Transcript
from gonogo.deploy.transfer import engine_api, pulling, registry, target_client
from gonogo.deploy.transfer.client import Given
from gonogo.deploy.transfer.progress import TransferProgress
from gonogo.deploy.transfer.target_client import TargetClient
from tests.unit.streaming import Server, standing_in
from tests.unit.transfer.test_progress import DIGEST, RECORDED

HOST, SECRET = "r.example.com", "s3cret-of-the-registry"
NAME = f"{HOST}/team/app@{DIGEST}"
GIVEN = Given("ada", SECRET)
LOGIN = {"username": "ada", "password": SECRET, "serveraddress": HOST}
PULL = RECORDED["pull by 20.10, classic"]


class Target:
    """Stands in for the connection to a target whose engine's socket is on this machine."""

    host = "web"

    def __init__(self) -> None:
        self.transcript, self.lost, self.status = Transcript(), False, 0
        self.streamed: list[tuple[str, bytes]] = []
        self.warnings: list[str] = []
        self.counts: list[int] = []
        self.progress = TransferProgress(self.counts.append, warn=self.warnings.append)

    @staticmethod
    def redact(text: str) -> str:
        return text

    @staticmethod
    def forward_socket(remote: str) -> Path:
        return Path(remote)

    def run(self, command: str, **_: Any) -> Result:
        if self.lost:
            raise ConnectionFailed("the connection to web was lost")
        return Result(command, self.status, b"", b"", 0.0)

    check = run

    def stream(self, command: str, *, stdin: Any = None, **_: Any) -> Result:
        self.streamed.append((command, stdin.read() if stdin else b""))
        return Result(command, self.status, b"", b"first\nwhat Docker said last\n", 0.0)

    def pull(self, given: Given | None = None) -> None:
        pulling.pull(self, [NAME], self.progress, host=HOST, given=given)  # type: ignore[arg-type]


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """This machine's engine; the user has no login for any registry, and no client but one that tags."""
    (tmp_path / "docker").write_text('#!/bin/sh\n[ "$1" = tag ]\n')
    (tmp_path / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "nobody"))
    with standing_in(tmp_path) as server:
        monkeypatch.setenv("DOCKER_HOST", server.endpoint)
        yield server


@pytest.fixture
def target(engine: Server, monkeypatch: pytest.MonkeyPatch) -> Target:
    """A target whose engine that is, and whose login has one for the registry."""
    config = {"auths": {f"https://{HOST}/v1/": {"auth": "YWRhOnMzY3JldC1vZi10aGUtcmVnaXN0cnk="}}}
    monkeypatch.setattr(target_client, "ask", lambda _: TargetClient(engine.endpoint, config))
    return Target()


def test_a_push_tells_bytes_and_the_digest(engine: Server) -> None:
    counts: list[int] = []
    engine.stream(RECORDED["push from 20.10, classic"])
    found = registry.push("sha256:1", f"{HOST}/team/app:1.0", GIVEN, TransferProgress(counts.append))
    assert found == f"{HOST}/team/app@{DIGEST}"
    assert sum(counts) == 3_000_000
    (asked,) = engine.asked
    assert (asked.path, asked.login) == ("/v1.41/images/r.example.com/team/app/push?tag=1.0", LOGIN)


def test_without_a_login_none_is_made_up(engine: Server) -> None:
    engine.stream(RECORDED["push without a login"])
    said = r"^docker push r\.example\.com/app:1 failed on this machine: no basic auth credentials; the target"
    with pytest.raises(GonogoError, match=said):
        registry.push("sha256:1", f"{HOST}/app:1", None)
    assert engine.asked[0].login == {}
    engine.stream([])
    with pytest.raises(GonogoError, match="ended well and told no digest"):
        registry.push("sha256:1", f"{HOST}/app:1", None)


def test_a_pull_uses_the_login_of_the_target(engine: Server, target: Target) -> None:
    engine.stream(PULL)
    target.pull()
    (asked,) = engine.asked
    assert asked.login == LOGIN
    assert (
        asked.path
        == f"/v1.41/images/create?tag={DIGEST.replace(':', '%3A')}&fromImage=r.example.com%2Fteam%2Fapp"
    )
    assert (sum(target.counts), target.warnings, target.streamed) == (3_001_158, [], [])
    (entry,) = target.transcript.entries
    assert (entry.command, entry.exit_status, entry.mutates) == (f"docker pull {NAME}", 0, True)


def test_what_the_users_configuration_says_of_headers_and_logins_stays_here(
    engine: Server, target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    auths = {"r.example.com": {"auth": "bWU6bWluZQ=="}}
    (tmp_path / "config.json").write_text(json.dumps({"HttpHeaders": {"X-Mine": SECRET}, "auths": auths}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setattr(target_client, "ask", lambda _: TargetClient(engine.endpoint, {}))
    engine.stream(PULL)
    target.pull()
    assert engine.asked[0].login == {}
    assert "X-Registry-Auth" in engine.headers and "X-Mine" not in engine.headers
    engine.stream(RECORDED["push from 20.10, classic"])
    registry.push("sha256:1", f"{HOST}/team/app:1.0", None)
    assert engine.asked[1].login == {"username": "me", "password": "mine", "serveraddress": HOST}
    assert "X-Mine" in engine.headers


def test_a_login_that_was_given_comes_before(engine: Server, target: Target) -> None:
    engine.stream(PULL)
    target.pull(Given("bob", "another"))
    assert engine.asked[0].login == {**LOGIN, "username": "bob", "password": "another"}


@pytest.mark.parametrize("given", [None, GIVEN])
def test_a_pull_that_the_engine_refuses_is_one_sentence_without_the_login(
    engine: Server, target: Target, given: Given | None
) -> None:
    engine.status, engine.events = 500, [{"message": f"denied to ada:{SECRET}\nunauthorized: {SECRET}"}]
    with pytest.raises(GonogoError) as caught:
        target.pull(given)
    assert str(caught.value) == f"web: docker pull for {HOST} failed: denied to ada:[redacted]"
    assert SECRET not in repr(target.transcript.entries)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


@pytest.mark.parametrize("status", [0, 1])
def test_a_stream_that_breaks_off_is_told_as_what_it_is(engine: Server, target: Target, status: int) -> None:
    engine.stream(PULL[:3], "cut")
    target.status = status
    with pytest.raises(GonogoError, match=r"failed: the engine's answer broke off \(\w+\)") as caught:
        target.pull()
    assert str(caught.value).endswith("does not answer any more") is bool(status)
    target.lost = True
    with pytest.raises(ConnectionFailed, match="the connection to web was lost"):
        target.pull()


@pytest.mark.parametrize("begins", [True, False])
@pytest.mark.parametrize("what", ["push", "pull"])
def test_an_engine_that_says_nothing_is_left_in_time(
    engine: Server, target: Target, begins: bool, what: str
) -> None:
    engine.stream(PULL[:3], "never")
    engine.begins = begins
    asking, begun = target_engine(target, engine.endpoint.removeprefix("unix://")), time.monotonic()  # type: ignore[arg-type]
    with pytest.raises(CommandTimeout, match=rf"^`docker {what} {HOST}/app` did not end within 0\.3 s$"):
        getattr(engine_api, what)(asking, f"{HOST}/app", None, target.progress, 0.3)
    assert time.monotonic() - begun < 5
    asking.close()


@pytest.mark.parametrize(
    ("client", "why"),
    [
        (
            TargetClient("tcp://10.0.0.1:2376", {}),
            "the engine that Docker uses there is at tcp://10.0.0.1:2376",
        ),
        (TargetClient("", {}), "the engine that Docker uses there cannot be told"),
        (TargetClient("unix:///nowhere.sock", {}), "no Docker Engine answers behind /nowhere.sock"),
        (TargetClient("unix:///x", {}, ("DOCKER_CONTENT_TRUST",)), "DOCKER_CONTENT_TRUST is set there"),
        (
            TargetClient("unix:///nowhere.sock", {"credsStore": "pass"}),
            f"the login for {HOST} is kept by the credential helper pass",
        ),
    ],
)
def test_where_the_sdk_cannot_the_client_pulls_and_that_is_said(
    target: Target, client: TargetClient, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target_client, "ask", lambda _: client)
    monkeypatch.setattr(
        "gonogo.deploy.host.docker_sdk._why", lambda _, socket: f"no Docker Engine answers behind {socket}"
    )
    target.pull()
    assert target.streamed == [(pulling.line([NAME]), b"")]
    (warning,) = target.warnings
    assert warning.startswith(f"web: {why}")
    assert warning.endswith(": Docker's client pulls there, which tells no bytes")
    target.status = pulling.NO_LOGIN
    with pytest.raises(GonogoError, match=rf"^web: docker login for {HOST} failed: what Docker said last$"):
        target.pull()
    target.lost, target.warnings[:] = True, []
    with pytest.raises(ConnectionFailed):
        target.pull()
    assert target.warnings == [], "nothing is said of a connection that is lost but that"


def test_a_login_that_was_given_goes_to_the_client_by_standard_input(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target_client, "ask", lambda _: TargetClient("", {}))
    target.pull(GIVEN)
    assert target.streamed == [(pulling.line([NAME], HOST, "ada"), SECRET.encode())]
    assert SECRET not in target.streamed[0][0]


def test_a_token_and_the_hub_go_into_the_header() -> None:
    assert engine_api.header("redis:7", Login("a", "b")) == {
        "serveraddress": "https://index.docker.io/v1/",
        "username": "a",
        "password": "b",
    }
    assert engine_api.header(NAME, Login(token="t")) == {"serveraddress": HOST, "identitytoken": "t"}
    assert engine_api.header(NAME, None) == {}


def test_the_sdk_is_imported_where_it_is_used_alone() -> None:
    code = "import sys, gonogo.deploy.transfer.registry; sys.exit('docker' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
