"""The checks of images on a real host, each with its real fault."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.build_source import REVISION
from gonogo.deploy.release.release import Release
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target import Target
from gonogo.deploy.target.target_file import find
from gonogo.deploy.transfer import image_build
from gonogo.reports.model import CheckResult
from lab import host
from lab.docker import check, run
from tests import harness
from tests.lab.chat import Chat

pytestmark = pytest.mark.lab
CHECKS = {f"images.{what}" for what in ("present", "fresh", "platform", "target", "rollback")}
NEVER = f"t-{os.getpid()}-never:built"
REDIS = "image: gonogo-lab/redis:latest"
Checked = Callable[..., dict[str, CheckResult]]


@pytest.fixture(scope="module")
def chat(second: Chat) -> Chat:
    return second


@pytest.fixture(scope="module")
def connection(chat: Chat) -> Iterator[Connection]:
    with Connection.open(find(str(chat.file))) as connection:
        yield connection


@pytest.fixture
def compose(chat: Chat) -> Iterator[Path]:
    """The compose file of the deployed release, which is itself again after the test."""
    file = chat.source / "docker-compose.yml"
    text = file.read_text()
    yield file
    file.write_text(text)
    chat.target()


def results(chat: Chat, connection: Connection, *, skip_build: bool = False) -> dict[str, CheckResult]:
    return harness.over(connection, find(str(chat.file)), only=CHECKS, skip_build=skip_build)


def failing(chat: Chat, connection: Connection, *, skip_build: bool = False) -> dict[str, str]:
    return harness.failed(results(chat, connection, skip_build=skip_build))


def replaced(file: Path, *pairs: tuple[str, str]) -> None:
    text = file.read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)


def test_a_running_stack_and_its_next_release(chat: Chat, connection: Connection) -> None:
    found = {name: one.status for name, one in results(chat, connection).items()}
    assert found == {**dict.fromkeys(CHECKS, "passed"), "images.fresh": "skipped"}


def test_an_image_that_is_nowhere(chat: Chat, connection: Connection, compose: Path) -> None:
    replaced(compose, (REDIS, f"image: {NEVER}"))
    (message,) = failing(chat, connection).values()
    assert f"{NEVER} (service redis) exists neither here, nor on the target, nor in a registry" in message


def test_a_context_and_a_dockerfile_that_are_missing(chat: Chat, connection: Connection) -> None:
    aside = chat.folder / "aside"
    shutil.move(chat.source / "web", aside)
    try:
        assert "web: its build context" in failing(chat, connection)["images.present"]
        (chat.source / "web").mkdir()
        assert "web: there is no" in failing(chat, connection)["images.present"]
    finally:
        shutil.rmtree(chat.source / "web")
        shutil.move(aside, chat.source / "web")


def test_images_of_this_commit_and_of_others(chat: Chat, connection: Connection, compose: Path) -> None:
    """Names that no other test has: this machine's images are everybody's."""
    ours = [f"t-{os.getpid()}-{name}" for name in ("api", "web")]
    replaced(compose, *((f"image: chat-{one[-3:]}:latest", f"image: {one}:latest") for one in ours))
    target = find(str(chat.file))
    message = failing(chat, connection, skip_build=True)["images.present"]
    assert all(
        f"{one}:latest (service {one[-3:]}) exists neither here, nor will it be built" in message
        for one in ours
    )
    try:
        built(target, connection, ours)
        found = results(chat, connection, skip_build=True)
        assert {name: one.status for name, one in found.items()} == dict.fromkeys(CHECKS, "passed")

        (chat.source / "api" / "new.py").touch()
        (message,) = failing(chat, connection, skip_build=True).values()
        assert f"{ours[0]}:latest (service api)" in message and "changes that are not committed" in message
        assert ours[1] not in message

        who = ["-c", "user.name=lab", "-c", "user.email=lab@localhost"]
        check(["git", "-C", str(chat.source), "add", "api"])
        check(["git", "-C", str(chat.source), *who, "commit", "-qm", "New"])
        (message,) = failing(chat, connection, skip_build=True).values()
        assert "was built from" in message and "and the last commit of its sources is" in message

        subprocess.run(
            ["docker", "build", "-qt", ours[0], "-"],
            input=b"FROM scratch\nLABEL a=b\n",
            check=True,
            stdout=subprocess.DEVNULL,
        )
        found = results(chat, connection, skip_build=True)
        assert found["images.fresh"].status == "warning"
        assert f"has no label {REVISION}" in found["images.fresh"].message
    finally:
        run(["docker", "rmi", "-f", *ours, *(f"{one}:v" for one in ours)])


def built(target: Target, connection: Connection, names: list[str]) -> None:
    """Build as a deployment does, and give the images the names of the compose file."""
    model = Release(target, connection, Redactor()).model
    image_build.build(target, model, "v", lambda _: None)
    for name in names:
        check(["docker", "tag", f"{name}:v", name])


def packed(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def for_arm(name: str) -> bytes:
    """An archive of `docker save` with one small image: this engine makes none of another architecture."""
    layer = packed({"file": b"1"})
    layers = {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]}
    config = {"architecture": "arm64", "os": "linux", "config": {}, "rootfs": layers}
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    files = {"config.json": json.dumps(config), "manifest.json": json.dumps(manifest)}
    return packed({"layer.tar": layer, **{file: text.encode() for file, text in files.items()}})


def test_an_image_of_another_architecture(chat: Chat, connection: Connection, compose: Path) -> None:
    foreign = "t-foreign:1"
    loaded = host.execute(chat.made.name, "docker load", stdin=for_arm(foreign))
    assert loaded.returncode == 0, loaded.stderr
    replaced(compose, (REDIS, f"image: {foreign}"))
    (message,) = failing(chat, connection).values()
    assert f"redis has an image ({foreign}) for linux/arm64" in message


def test_a_build_for_another_architecture(
    chat: Chat, connection: Connection, compose: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced(compose, ("image: chat-web:latest", "image: chat-web:latest\n    platform: linux/arm64"))
    (message,) = failing(chat, connection).values()
    assert "found web would be built for linux/arm64;" in message
    monkeypatch.setenv("DOCKER_DEFAULT_PLATFORM", "linux/arm/v7")
    assert "api would be built for linux/arm/v7; web" in failing(chat, connection)["images.platform"]


@pytest.fixture
def staged(chat: Chat, compose: Path) -> Iterator[Path]:
    """The compose file of a stack whose web has a stage for development after that for production."""
    file = chat.source / "web" / "Dockerfile"
    text = file.read_text()
    parts = text.replace("FROM gonogo-lab/python", "FROM gonogo-lab/python AS runner")
    file.write_text(f"{parts}\nFROM runner AS dev\nENV NODE_ENV=development\nCMD npm run dev\n")
    yield compose
    file.write_text(text)


def test_a_development_server(chat: Chat, connection: Connection, staged: Path) -> None:
    (message,) = failing(chat, connection).values()
    assert "web is built with the stage dev, the last of its Dockerfile" in message
    replaced(staged, ("build: ./web", "build: {context: ./web, target: dev}"))
    (message,) = failing(chat, connection).values()
    for said in ("with the stage dev;", "web has NODE_ENV=development", "started with `npm run dev`"):
        assert said in message
    replaced(staged, ("target: dev", "target: runner"))
    assert failing(chat, connection) == {}
    replaced(
        staged,
        ("build: {context: ./web", "command: uvicorn chat_web:app --reload\n    build: {context: ./web"),
        ("      API_URL:", "      FLASK_DEBUG: 1\n      API_URL:"),
    )
    (message,) = failing(chat, connection).values()
    assert "web has FLASK_DEBUG=1" in message and "`uvicorn chat_web:app --reload`" in message


def test_a_stage_that_is_not_there(chat: Chat, connection: Connection, staged: Path) -> None:
    replaced(staged, ("build: ./web", "build: {context: ./web, target: production}"))
    (message,) = failing(chat, connection).values()
    assert "web: its Dockerfile has no stage production" in message


def test_what_the_target_file_declares(chat: Chat, connection: Connection, staged: Path) -> None:
    declared = 'images.stages = { web = "runner" }\nimages.environment = { NODE_ENV = "production" }\n'
    chat.target(('project = "chat"\n', f'project = "chat"\n{declared}'))
    (message,) = failing(chat, connection).values()
    assert "web is built without naming a stage, and runner is declared" in message
    assert "web has NODE_ENV=development, and production is declared" in message
    replaced(
        staged,
        ("build: ./web", "build: {context: ./web, target: runner}"),
        ("      API_URL:", "      NODE_ENV: production\n      API_URL:"),
    )
    assert failing(chat, connection) == {}


def test_an_image_that_cannot_be_gone_back_to(chat: Chat, connection: Connection) -> None:
    image = chat.shell("docker inspect -f '{{.Image}}' chat-web").strip()
    chat.shell(f"docker stop -t 0 chat-web && docker rmi -f {image} && docker start chat-web")
    (message,) = failing(chat, connection).values()
    assert f"the target lacks chat-web:latest of service web ({image})" in message


def test_a_first_deployment(chat: Chat, connection: Connection) -> None:
    chat.shell("docker rm -f $(docker ps -aq) && rm -rf /srv/chat/.deploy")
    found = results(chat, connection)
    assert found["images.rollback"].status == "skipped"
    assert harness.failed(found) == {}
