"""The host that the files of this folder share, with its releases; the last file removes what runs there."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from lab import host
from tests.lab.chat import Chat

NAME = f"t-deployed-{os.getpid()}"


@pytest.fixture(scope="package")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    """The example stack, its first release deployed from its second commit."""
    try:
        chat = Chat.up(NAME, tmp_path_factory.mktemp("deployed"))
        chat.release("v1")
        chat.release("v1")
        deploy(chat)
        yield chat
    finally:
        host.down(NAME)


@pytest.fixture(scope="package")
def second(first: Chat) -> Chat:
    """The second release over the first."""
    first.release("v2")
    deploy(first)
    return first


def deploy(chat: Chat) -> None:
    done = chat.deploy()
    assert done.returncode == 0, done.stdout + done.stderr
