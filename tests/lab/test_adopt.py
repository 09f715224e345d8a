"""The first deployment over a stack that somebody started by hand."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator

import pytest

from lab import demo, host
from lab.docker import check
from tests.lab.chat import STACK, Chat

pytestmark = pytest.mark.lab
NAME = f"t-adopt-{os.getpid()}"


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    """The first release, built and started by hand from files on the host."""
    chat = Chat.up(NAME, tmp_path_factory.mktemp("adopt"))
    chat.release("v1")
    for part in ("api", "web"):
        check(["docker", "build", "-q", "-t", f"chat-{part}:latest", str(chat.source / part)])
    host.load(NAME, ["chat-api:latest", "chat-web:latest"])
    host.put(NAME, f"{STACK}/docker-compose.yml", (chat.source / "docker-compose.yml").read_bytes())
    chat.shell(f"cd {STACK} && docker compose up -d --no-build --pull never --wait")
    demo.seed(NAME)
    yield chat
    host.down(NAME)


def configuration(chat: Chat) -> list[object]:
    """The API's variables, in any order, and its ports."""
    raw = chat.shell("docker inspect -f '[{{json .Config.Env}},{{json .HostConfig.PortBindings}}]' chat-api")
    environment, ports = json.loads(raw)
    return [sorted(environment), ports]


def test_a_broken_release_over_it_is_rolled_back(chat: Chat) -> None:
    before = chat.containers()
    image = chat.shell("docker inspect -f '{{.Image}}' chat-api")
    settings = configuration(chat)
    chat.release("exits-at-once")
    done = chat.deploy()
    assert done.returncode == 4, done.stdout + done.stderr
    assert "back to adopted-" in done.stdout
    assert "configuration that is no longer there" not in chat.page()
    assert chat.health()["version"] == "1.0.0"
    assert chat.shell("docker inspect -f '{{.Image}}' chat-api") == image
    assert configuration(chat) == settings
    assert chat.containers()["chat-mongodb"] == before["chat-mongodb"]


def test_a_good_release_over_it_is_deployed(chat: Chat) -> None:
    before = chat.containers()
    chat.release("v2")
    done = chat.deploy()
    assert done.returncode == 0, done.stdout + done.stderr
    after = chat.containers()
    assert [name for name in after if after[name] != before[name]] == ["chat-api", "chat-web"]
    assert chat.health()["version"] == "2.0.0"
    assert demo.seed_counts(NAME) == demo.COUNTS


def test_what_was_adopted_can_be_gone_back_to_and_the_database_stays(chat: Chat) -> None:
    before = chat.containers()
    argv = [
        sys.executable,
        "-m",
        "gonogo.deploy",
        "rollback",
        str(chat.file),
        "--reports",
        str(chat.published),
    ]
    done = chat._run(argv)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "back to adopted-" in done.stdout
    after = chat.containers()
    assert [name for name in after if after[name] != before[name]] == ["chat-api", "chat-web"]
    assert chat.health()["version"] == "1.0.0"
