"""The stack of the incidents, deployed once and replayed upon."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from lab import demo, host
from tests.lab.chat import Chat

NAME = f"t-incidents-{os.getpid()}"


@pytest.fixture(scope="package")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    """The chat's first release, deployed by gonogo and seeded."""
    chat = Chat.up(NAME, tmp_path_factory.mktemp("incidents"))
    try:
        chat.release("v1")
        done = chat.deploy()
        assert done.returncode == 0, done.stdout + done.stderr
        demo.seed(NAME)
        yield chat
    finally:
        host.down(NAME)


@pytest.fixture
def chat(deployed: Chat) -> Iterator[Chat]:
    """The deployed stack, put back in order after each replay."""
    yield deployed
    deployed.env()
    deployed.target()
    deployed.release("v1")
