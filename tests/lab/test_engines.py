"""Engines and stores beside the newest: whole deployments, and an engine that changes its store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab import faults, host
from lab.controller import engine_of
from lab.kind import NEWEST, OLDEST, Kind
from tests.forkserver import GONOGO
from tests.lab import site
from tests.lab.chat import Chat
from tests.lab.site import Site

pytestmark = pytest.mark.lab
TARGET = f"t-engines-{os.getpid()}"
CONTROLLER = f"t-controller-{os.getpid()}"
STORES = {"chat-mongodb", "chat-redis"}
INDEX = b'"application/vnd.oci.image.index.v1+json"'
SEVERAL = f"FROM gonogo-lab/python:latest AS amd64\nFROM scratch AS arm64\n{site.DOCKERFILE}".replace(
    "FROM gonogo-lab/python:latest\n", "FROM $TARGETARCH\n"
)
"""An image for two platforms, one of which runs here."""


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    """The example stack on a host with the oldest engine, where all other tests have the newest."""
    try:
        yield Chat.up(TARGET, tmp_path_factory.mktemp("engines"), kind=OLDEST)
    finally:
        host.down(TARGET)


@pytest.fixture(scope="module")
def controller() -> Iterator[dict[str, str]]:
    """The variables with which an engine that keeps images in containerd is the controller's."""
    try:
        with engine_of(host.up(CONTROLLER, site.IMAGES, NEWEST)) as variables:
            yield variables
    finally:
        host.down(CONTROLLER)


def deployed(chat: Chat, version: str, exit_code: int = 0) -> str:
    """Deploy a release of the example stack; returns what was said."""
    chat.release(version)
    done = chat.deploy()
    assert done.returncode == exit_code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.tried("tar", on=OLDEST)
def test_releases_and_ways_back_on_the_oldest_engine(chat: Chat) -> None:
    deployed(chat, "v1")
    first = chat.containers()
    assert "nothing to change" in deployed(chat, "v1")
    assert chat.containers() == first, "the same images are the same, whatever their ids"
    assert "layers were there already" in deployed(chat, "v2")
    second = chat.containers()
    assert {name for name in first if first[name] == second[name]} == STORES
    assert chat.health()["version"] == "2.0.0"
    deployed(chat, "never-healthy", exit_code=4)
    assert chat.health()["version"] == "2.0.0"
    done = chat._run([GONOGO, "rollback", str(chat.file), "--reports", str(chat.published)])
    assert done.returncode == 0, done.stdout + done.stderr
    assert chat.health()["version"] == "1.0.0"
    assert {name: one for name, one in chat.containers().items() if name in STORES} == {
        name: first[name] for name in STORES
    }
    assert chat.shell("docker image ls -q --filter dangling=true") == ""


def test_a_plan_knows_what_runs_and_that_layers_are_left_out(chat: Chat) -> None:
    if not chat.containers():
        deployed(chat, "v1")
    chat.release("v2")
    done = chat._run([GONOGO, "plan", str(chat.file), "--reports", str(chat.published)])
    assert done.returncode == 0, done.stdout + done.stderr
    told = {line.split()[0]: line.split()[1] for line in done.stdout.splitlines() if line.startswith("    ")}
    assert (told["mongodb"], told["redis"]) == ("unchanged", "unchanged")
    assert "as large as what runs, less the layers that are there" in done.stdout


@contextmanager
def small(name: str, folder: Path, kind: Kind, variables: dict[str, str] | None = None) -> Iterator[Site]:
    """A small stack on a host of its own."""
    try:
        yield Site.on(host.up(name, site.IMAGES, kind), folder, variables)
    finally:
        host.down(name)


@pytest.mark.tried("tar", on=Kind("26", "classic"))
def test_an_engine_whose_images_are_gone_with_its_store_is_deployed_to_and_gone_back_on(
    tmp_path: Path,
) -> None:
    name = f"{TARGET}-changed"
    with small(name, tmp_path, Kind("26", "classic")) as stack:
        stack.deploy("the first")
        first = stack.current
        faults.store_changed(name, "containerd")
        done = stack.gonogo("status")
        assert done.code == 1
        assert "lacking   cache, web: fewer containers than the release has: run `gonogo" in done.output
        said = stack.deploy("", code=4)
        assert f"keeps images and containers by overlayfs, and kept them by overlay2 when {first}" in said
        assert f"nothing of {first} ran before, so nothing runs now (exit 4)" in said
        assert (stack.current, stack.stack.containers(), stack.dangling) == (first, {}, "")
        stack.deploy("the second")
        second = stack.stack.containers()
        assert stack.gonogo("status").code == 0
        done = stack.gonogo("rollback")
        assert done.code == 3
        assert f"the images of {first} for cache, web are gone: deploy its sources again" in done.output
        assert stack.stack.containers() == second

        faults.store_changed(name, "classic")
        stack.settle()
        assert stack.page == "the first"
        done = stack.stack.preflight()
        assert (done.code, done.of("failed")) == (1, {"images.rollback"}), done.output
        assert "and kept them by overlayfs when" in done.found("images.rollback")
        done = stack.gonogo("rollback", "--to", first)
        assert done.code == 0, done.output
        assert stack.page == "the first"
        assert stack.stack.preflight().code == 0


def built(dockerfile: str, *options: str) -> bytes:
    """Build the image site:7 by BuildKit on the controller; returns the index of its archive."""
    for name, text in (("Dockerfile", dockerfile), ("page", "by BuildKit")):
        host.put(CONTROLLER, f"/tmp/site/{name}", text.encode())
    build = f"docker buildx build -q {' '.join(options)} -t site:7 /tmp/site && docker save site:7"
    done = host.execute(CONTROLLER, f"{build} | tar -xO index.json")
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.mark.tried("tar", controller=NEWEST)
@pytest.mark.parametrize("kind", [pytest.param(OLDEST, marks=pytest.mark.engines), NEWEST], ids=str)
def test_what_buildkit_made_arrives_unless_it_is_for_another_platform(
    controller: dict[str, str], kind: Kind, tmp_path: Path
) -> None:
    with small(f"{TARGET}-index", tmp_path, kind, controller) as stack:
        stack.stack.lay({"compose.yaml": site.COMPOSE.replace("build: .", "image: site:7")})
        built("FROM scratch\nCOPY page .\n", "--platform", "linux/arm64")
        done = stack.gonogo("deploy", "--yes")
        assert done.code == 1, done.output
        assert "FAILED  images.platform: web has an image (site:7) for linux/arm64" in done.output
        for dockerfile, option, value in (
            (site.DOCKERFILE, "--provenance", "true"),
            (SEVERAL, "--platform", "linux/amd64,linux/arm64"),
        ):
            assert INDEX in built(dockerfile, option, value)
            for ends in ("web; verified", "nothing had to change; verified"):
                done = stack.gonogo("deploy", "--yes")
                assert done.code == 0, done.output
                assert ends in done.output
                assert stack.page == "by BuildKit"
        assert stack.dangling == ""
