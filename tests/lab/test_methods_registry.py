"""The registry method, through a real registry with a login over TLS."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gonogo.deploy.errors import ConnectionFailed, GonogoError
from gonogo.deploy.release.records import Image
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.transfer import pulling
from gonogo.deploy.transfer import registry as method
from gonogo.deploy.transfer.client import Given, docker
from gonogo.deploy.transfer.progress import Event, TransferProgress
from lab import host, registry
from lab.kind import NEWEST, OLDEST
from lab.relay import Relay
from tests.lab.connecting import connected, other_config, reachable
from tests.lab.secrecy import leaks, watched_arguments

pytestmark = pytest.mark.lab
NAME = f"t-push-{os.getpid()}"
USER, PASSWORD = "lab", "s3cret-of-the-lab!$ '\""
VERSION = "0123abcd-20260131-080559"
GIVEN = Given(USER, PASSWORD)
WRONG = {
    "here": r"docker push .* failed on this machine: .*(unauthorized|401)",
    "there": r"docker pull for .* failed: .*(unauthorized|401)",
}
HELPER = "/usr/local/bin/docker-credential-lab"
SIZE = 3_000_000
"""Bytes of the image; a tiny one is there before Docker draws anything."""


@pytest.fixture(scope="module", params=[OLDEST, NEWEST], ids=str)
def connection(request: pytest.FixtureRequest) -> Iterator[Connection]:
    with connected(NAME, request.param) as found:
        yield found


@pytest.fixture(scope="module")
def running(connection: Connection) -> Iterator[registry.Registry]:
    if os.geteuid() != 0:
        pytest.skip("this machine's engine trusts an authority only where root says so")
    with registry.running(NAME, USER, PASSWORD) as found, found.trusted_here():
        found.trusted()
        yield found


@pytest.fixture
def image(tmp_path: Path, running: registry.Registry, monkeypatch: pytest.MonkeyPatch) -> Iterator[Image]:
    """An image of this machine, whose user has no login for any registry."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "nobody"))
    (tmp_path / "content").write_bytes(os.urandom(SIZE))
    packed = subprocess.run(["tar", "-C", str(tmp_path), "-c", "content"], capture_output=True, check=True)
    made = subprocess.run(["docker", "import", "-"], input=packed.stdout, capture_output=True, check=True)
    yield Image(name=f"{running.host}/team/app:1.0", id=made.stdout.decode().strip())
    docker("image", "rm", f"{running.host}/team/app:{VERSION}")
    docker("image", "rm", made.stdout.decode().strip())


def send(
    connection: Connection,
    found: registry.Registry,
    given: Given | None,
    progress: TransferProgress | None = None,
    **images: Image,
) -> method.Pushed:
    return method.send(connection, images, VERSION, found.host, given, progress)


class Told:
    """What is heard of a transfer."""

    def __init__(self) -> None:
        self.counts: list[int] = []
        self.totals: list[int] = []
        self.warnings: list[str] = []
        self.phases: list[str] = []
        self.progress = TransferProgress(
            self.counts.append, self.totals.append, warn=self.warnings.append, on_phase=self._begun
        )

    def _begun(self, name: str, total: int | None) -> None:
        self.phases.append(name)
        self.totals += [total] if total else []


def there(connection: Connection, name: str) -> bool:
    """Whether the host has an image."""
    return connection.run(f"docker image inspect {name}", live=True).ok


def left(connection: Connection) -> str:
    look = "ls -a /tmp; cat ~/.docker/config.json 2>/dev/null; true"
    return connection.run(look, mutates=True, private=True).text


def test_an_image_is_pushed_and_pulled_by_digest(
    connection: Connection, running: registry.Registry, image: Image, tmp_path: Path
) -> None:
    before = left(connection)
    told = Told()
    with watched_arguments() as arguments:
        done = send(connection, running, GIVEN, told.progress, app=image)
    (name,) = done.names.values()
    assert name.startswith(f"{running.host}/team/app@sha256:")
    assert name in done.told
    ways = (
        1 if done.ids[image.id] != image.id else 2
    )  # with containerd's store, a quick pull may tell no bytes
    assert told.phases == ["pushing", "pulling"]
    assert ways <= len(told.totals) <= 2, "one for each way, which never changes"
    assert all(0.9 * SIZE < total < 1.1 * SIZE for total in told.totals), "it goes as it is"
    assert sum(told.counts) == sum(told.totals)
    assert told.warnings == []
    form = "docker image inspect -f '{{.Id}} {{index .RepoDigests 0}}'"
    assert connection.check(f"{form} {running.host}/team/app:{VERSION}").text.split() == [
        done.ids[image.id],
        name,
    ]
    assert left(connection) == before, "the target's own logins are as they were, and nothing is left"
    assert not (tmp_path / "nobody").exists(), "nor is any login kept here"
    texts = {"transcript": repr(connection.transcript.entries), "arguments": "\n".join(arguments)}
    assert "docker tag" in texts["arguments"] and "docker login" not in texts["arguments"]
    assert f"docker pull {name}" in [entry.command for entry in connection.transcript.entries]
    assert leaks([PASSWORD], texts) == []
    assert send(connection, running, GIVEN, app=image).told == "every image is there already"


def test_the_logins_of_the_target_are_used_for_the_pull(
    connection: Connection, running: registry.Registry, image: Image
) -> None:
    name = method.push(image.id, f"{running.host}/team/app:{VERSION}", GIVEN)
    told = Told()
    running.login(USER, PASSWORD)
    try:
        before = left(connection)
        with watched_arguments() as arguments:
            pulling.pull(connection, [name], told.progress, host=running.host)
        assert left(connection) == before
    finally:
        running.logout()
    assert (told.warnings, there(connection, name)) == ([], True)
    texts = {"transcript": repr(connection.transcript.entries), "arguments": "\n".join(arguments)}
    assert "docker context inspect" in texts["transcript"]
    coded = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    assert leaks([PASSWORD, coded], texts) == []


def test_a_login_that_a_helper_of_the_target_keeps_is_used_by_its_client(
    connection: Connection, running: registry.Registry, image: Image
) -> None:
    name = method.push(image.id, f"{running.host}/team/app:{VERSION}", GIVEN)
    told = Told()
    login = {"ServerURL": running.host, "Username": USER, "Secret": PASSWORD}
    host.put(NAME, "/tmp/login.json", json.dumps(login).encode())
    host.put(NAME, HELPER, b"#!/bin/sh\ncat /tmp/login.json\n", mode="0755", owner="root:root")
    config = json.dumps({"credHelpers": {running.host: "lab"}})
    host.put(NAME, "/home/deploy/.docker/config.json", config.encode())
    try:
        before = left(connection)
        with watched_arguments() as arguments:
            pulling.pull(connection, [name], told.progress, host=running.host)
        assert left(connection) == before
    finally:
        host.execute(NAME, f"rm {HELPER} /tmp/login.json /home/deploy/.docker/config.json", user="root")
    assert (told.counts, there(connection, name)) == ([], True)
    (warning,) = told.warnings
    assert f"the login for {running.host} is kept by the credential helper lab" in warning
    texts = {"transcript": repr(connection.transcript.entries), "arguments": "\n".join(arguments)}
    assert "docker pull -q -- " in texts["transcript"]
    assert leaks([PASSWORD], texts) == []


def test_what_does_not_belong_to_the_registry_goes_past_it(
    connection: Connection, running: registry.Registry, image: Image
) -> None:
    other = Image(name="gonogo-lab/redis:latest", id=image.id)
    done = send(connection, running, None, other=other)
    assert (done.names, done.rest.images) == ({}, (image.id,))
    assert done.told.startswith("past it 1 images")


@pytest.mark.parametrize("where", ["here", "there"])
def test_a_wrong_password_is_one_sentence_and_changes_nothing(
    connection: Connection,
    running: registry.Registry,
    image: Image,
    where: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = Given(USER, "a-wrong-password")
    if where == "there":
        real = pulling.pull
        monkeypatch.setattr(
            pulling, "pull", lambda c, n, p, host, given: real(c, n, p, host=host, given=wrong)
        )
    before = left(connection) + connection.check("docker image ls -aq | sort", mutates=True).text
    with pytest.raises(GonogoError, match=WRONG[where]) as caught:
        send(connection, running, GIVEN if where == "there" else wrong, app=image)
    assert "a-wrong-password" not in str(caught.value)
    assert left(connection) + connection.check("docker image ls -aq | sort", mutates=True).text == before


def test_without_a_login_the_push_is_refused(
    connection: Connection, running: registry.Registry, image: Image
) -> None:
    with pytest.raises(GonogoError, match=r"docker push .* failed on this machine: .*(no basic auth|denied)"):
        send(connection, running, None, app=image)


def test_a_registry_that_is_gone_is_one_sentence(
    connection: Connection, running: registry.Registry, image: Image
) -> None:
    with registry.stopped(NAME), pytest.raises(GonogoError, match="refused"):
        send(connection, running, GIVEN, app=image)


def test_a_connection_that_is_lost_during_a_pull_is_told_as_that(
    connection: Connection, running: registry.Registry, image: Image, tmp_path: Path
) -> None:
    name, made = method.push(image.id, f"{running.host}/team/app:{VERSION}", GIVEN), host.find(NAME)
    with Relay(made.port) as relay:

        class Cutting(TransferProgress):
            def layer(self, event: Event) -> None:
                relay.cut()

        to = reachable("other", other_config(made, tmp_path, Port=relay.port))
        with (
            Connection.open(to) as lost,
            pytest.raises(ConnectionFailed, match="to other was lost") as caught,
        ):
            pulling.pull(lost, [name], Cutting(), host=running.host, given=GIVEN)
    assert leaks([PASSWORD], {"error": str(caught.value), "transcript": repr(lost.transcript.entries)}) == []


def test_another_image_under_the_digest_is_found_out(
    connection: Connection, running: registry.Registry, image: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(method, "push", _foreign(running, method.push))
    with pytest.raises(GonogoError, match=rf"is not {image.id} there: nothing was deployed"):
        send(connection, running, GIVEN, app=image)


def _foreign(running: registry.Registry, real):  # type: ignore[no-untyped-def]
    def push(_image: str, name: str, given: Given | None, progress: TransferProgress) -> str:
        empty = subprocess.run(["docker", "import", "-"], input=bytes(10240), capture_output=True, check=True)
        return real(empty.stdout.decode().strip(), name, given, progress)

    return push
