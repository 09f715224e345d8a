"""The registry method, through a real registry with a login over TLS."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gonogo.deploy.connection import Connection
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.methods import pulling
from gonogo.deploy.methods import registry as method
from gonogo.deploy.methods.client import Given, docker
from gonogo.deploy.methods.meter import Meter
from gonogo.deploy.release import Image
from lab import registry
from lab.kind import NEWEST, OLDEST
from tests.lab.connecting import connected
from tests.lab.secrecy import leaks, watched_arguments

pytestmark = pytest.mark.lab
NAME = f"t-push-{os.getpid()}"
USER, PASSWORD = "lab", "s3cret-of-the-lab!$ '\""
VERSION = "0123abcd-20260131-080559"
GIVEN = Given(USER, PASSWORD)
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
    meter: Meter | None = None,
    **images: Image,
) -> method.Pushed:
    return method.send(connection, images, VERSION, found.host, given, meter=meter)


def left(connection: Connection) -> str:
    look = "ls -a /tmp; cat ~/.docker/config.json 2>/dev/null; true"
    return connection.check(look, mutates=True).text


def test_an_image_is_pushed_and_pulled_by_digest(
    connection: Connection, running: registry.Registry, image: Image, tmp_path: Path
) -> None:
    before = left(connection)
    counts: list[int] = []
    totals: list[int] = []
    with watched_arguments() as arguments:
        done = send(connection, running, GIVEN, Meter(counts.append, totals.append), app=image)
    (name,) = done.names.values()
    assert name.startswith(f"{running.host}/team/app@sha256:")
    assert name in done.told
    ways = 1 if done.ids[image.id] != image.id else 2  # with containerd's store, a quick pull tells no bytes
    assert (ways - 0.1) * SIZE < totals[-1] < 2.1 * SIZE, "what cannot be packed goes as it is"
    assert 0.9 * totals[-1] < sum(counts) <= totals[-1]
    form = "docker image inspect -f '{{.Id}} {{index .RepoDigests 0}}'"
    assert connection.check(f"{form} {running.host}/team/app:{VERSION}").text.split() == [
        done.ids[image.id],
        name,
    ]
    assert left(connection) == before, "the target's own logins are as they were, and nothing is left"
    assert not (tmp_path / "nobody").exists(), "nor is any login kept here"
    texts = {"transcript": repr(connection.transcript.entries), "arguments": "\n".join(arguments)}
    assert "docker login" in texts["arguments"]
    assert leaks([PASSWORD], texts) == []
    assert send(connection, running, GIVEN, app=image).told == "every image is there already"


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
        monkeypatch.setattr(pulling, "pull", lambda c, n, m, host, given: real(c, n, host=host, given=wrong))
    before = left(connection) + connection.check("docker image ls -aq | sort", mutates=True).text
    with pytest.raises(GonogoError, match=r"docker login .*401 Unauthorized") as caught:
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


def test_another_image_under_the_digest_is_found_out(
    connection: Connection, running: registry.Registry, image: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(method, "push", _foreign(running, method.push))
    with pytest.raises(GonogoError, match=rf"is not {image.id} there: nothing was deployed"):
        send(connection, running, GIVEN, app=image)


def _foreign(running: registry.Registry, real):  # type: ignore[no-untyped-def]
    def push(_image: str, name: str, folder: Path | None, meter: Meter) -> str:
        empty = subprocess.run(["docker", "import", "-"], input=bytes(10240), capture_output=True, check=True)
        return real(empty.stdout.decode().strip(), name, folder, meter)

    return push
