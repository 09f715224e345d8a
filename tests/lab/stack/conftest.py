"""One host for all files of this folder, and the stack on it as it was, after each test too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target_file import load
from lab import host
from tests.lab.chat import STACK, Chat
from tests.lab.stack.ground import COMPOSE, LABEL, NAME, SERVICES, Ask, Checked


@pytest.fixture(scope="package")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    """The stack's two stores, started with Compose by hand from a file in the stack's folder."""
    chat = Chat.up(NAME, tmp_path_factory.mktemp("stack"))
    try:
        chat.release("v1")
        host.put(NAME, f"{STACK}/{COMPOSE}", (chat.source / COMPOSE).read_bytes())
        chat.shell(f"cd {STACK} && docker compose -p chat up -d --no-build {SERVICES}")
        yield chat
    finally:
        host.down(NAME)


@pytest.fixture(scope="package")
def there(made: Chat) -> Iterator[Connection]:
    with Connection.open(load(made.file)) as connection:
        yield connection


@pytest.fixture
def chat(made: Chat) -> Iterator[Chat]:
    """The stack as it was, after each test too."""
    kept = made.shell(f"ls -A {STACK}")
    yield made
    for name in set(made.shell(f"ls -A {STACK}").split()) - set(kept.split()):
        made.shell(f"rm -r {STACK}/{name}", user="root")
    for name in made.shell(f"docker ps -aq --no-trunc --filter label={LABEL}.stray").split():
        made.shell(f"docker rm -f {name}")
    made.env()
    made.target()
    for file in made.source.glob("*.override.yml"):
        file.unlink()
    made.release("v1")


@pytest.fixture
def ask(chat: Chat, there: Connection) -> Ask:
    return lambda *ids: Checked(chat, there, *ids).failing
