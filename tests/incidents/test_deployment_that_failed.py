"""Replays of 2025-10-11, the deployment that failed four times (D1 to D4).

Each shows that the preflight suite fails with the right check, that a deployment stops there with exit code 1
and leaves the target byte for byte as it was, and that the suite passes once the fault is fixed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

from lab import host
from lab.docker import run
from tests.incidents.replay import stopped, unready
from tests.lab.chat import STACK, Chat

pytestmark = pytest.mark.lab


def test_the_stack_as_it_runs_passes(chat: Chat) -> None:
    assert chat.failing() == {}


def test_d1_a_variable_that_is_only_in_a_shell(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWT_SECRET", "set on the machine that deploys")
    host.put(chat.made.name, "/home/deploy/.profile", b"export JWT_SECRET=set-at-login\n")
    chat.env(without="JWT_SECRET")
    stopped(chat, {"compose.resolves", "environment.required"}, "JWT_SECRET is not set")
    chat.env()
    assert unready(chat) == {}
    chat.shell("rm /home/deploy/.profile")


@pytest.mark.parametrize(
    "value", ["", "CHANGE_ME", "your-secret-here", "<secret>"], ids=lambda value: value or "blank"
)
def test_d1_a_variable_that_is_blank_or_a_placeholder(chat: Chat, value: str) -> None:
    chat.env(JWT_SECRET=value)
    failing = unready(chat)
    assert "environment.required" in failing
    assert ("JWT_SECRET is a placeholder" if value else "JWT_SECRET is blank") in failing[
        "environment.required"
    ]


def test_d1_an_env_file_that_compose_cannot_read(chat: Chat) -> None:
    host.put(
        chat.made.name, f"{STACK}/.env", b"MONGO_INITDB_ROOT_PASSWORD='pa!ss$w\xc3\xb6rd-without-an-end\n"
    )
    failing = chat.failing()
    assert "environment.file" in failing
    assert "without-an-end" not in "".join(chat.outputs)


def test_d2_images_that_were_never_built(chat: Chat) -> None:
    compose = chat.source / "docker-compose.yml"
    compose.write_text(compose.read_text().replace("chat-web:latest", "chat-web:a576ebb-20251011-014736"))
    says = "chat-web:a576ebb-20251011-014736 (service web) exists neither here"
    stopped(chat, {"images.present"}, says, ("--skip-build",))
    assert unready(chat) == {}, "without --skip-build it will be built"
    chat.release("not-built")
    stopped(chat, {"images.present"}, "chat-api:never-built (service api)")


def test_d2_a_build_that_cannot_be(chat: Chat) -> None:
    (chat.source / "web" / "Dockerfile").unlink()
    failing = unready(chat)
    assert set(failing) == {"images.present"}
    assert "web/Dockerfile" in failing["images.present"]


def test_d3_another_project_name_over_the_running_stack(chat: Chat) -> None:
    chat.target(('project = "chat"', 'project = "infra"'))
    stopped(
        chat,
        {"project.matches", "ports.free", "volumes.exist"},
        "held by the container chat-redis of the project chat",
    )
    failing = unready(chat)
    assert "this stack runs as the project chat" in failing["project.matches"]
    assert not [name for name in chat.containers() if name.startswith("infra")]
    chat.target()
    assert unready(chat) == {}


@contextlib.contextmanager
def process(chat: Chat, port: int) -> Iterator[str]:
    """A program of the host that listens on a port."""
    script = f"nohup python3 -m http.server {port} --bind 127.0.0.1 >/dev/null 2>&1 & echo $!"
    number = chat.shell(script).strip()
    chat.shell(f"until curl -so /dev/null http://127.0.0.1:{port}; do sleep 0.1; done")
    try:
        yield f"python3 (pid {number})"
    finally:
        chat.shell(f"kill {number}")


@contextlib.contextmanager
def container(chat: Chat, port: int) -> Iterator[str]:
    """A container of somebody else that publishes a port."""
    chat.shell(f"docker run -d --name stranger -p {port}:6379 gonogo-lab/redis:latest")
    try:
        yield "the container stranger"
    finally:
        chat.shell("docker rm -f stranger")


@pytest.mark.parametrize("holder", [process, container], ids=["process", "container"])
def test_d3_a_port_that_somebody_else_holds(
    chat: Chat, holder: Callable[[Chat, int], contextlib.AbstractContextManager[str]]
) -> None:
    chat.env(REDIS_PORT="6390")
    assert unready(chat) == {}
    with holder(chat, 6390) as who:
        failing = unready(chat)
        assert set(failing) == {"ports.free"}
        assert f"*:6390/tcp for redis is held by {who}" in failing["ports.free"]
    assert unready(chat) == {}


def test_d4_credentials_from_the_wrong_env_file(chat: Chat) -> None:
    wrong = "the-development-password-%41-!"
    chat.env(MONGO_INITDB_ROOT_PASSWORD=wrong)
    says = "refuses the login of 'chat' with the value of MONGO_INITDB_ROOT_PASSWORD"
    stopped(chat, {"mongodb.login", "environment.parity"}, says)
    assert wrong not in "".join(chat.outputs)
    chat.env()
    assert unready(chat) == {}


def test_d4_verification_uses_the_credentials_of_the_running_database(chat: Chat) -> None:
    chat.env(MONGO_INITDB_ROOT_PASSWORD="not what the database has")
    code, found = chat.suite("verify")
    assert code == 0
    assert found["data.counts"]["status"] == "passed"
    assert "messages 36" in found["data.counts"]["found"]


def test_nothing_of_a_replay_is_left_on_this_machine() -> None:
    names = run(["docker", "ps", "-a", "--format", "{{.Names}}"]).stdout.decode()
    assert "infra" not in names
