"""A prober: asks the running stack all the time, so that a test can prove that it answered throughout."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import requests

from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target import target_file
from tests.lab.chat import Chat

PAUSE_S = 0.2
PORTS = {8001: "/api/health", 3000: "/"}


@dataclass
class Probed:
    """How often the stack was asked, and what went wrong."""

    asked: int = 0
    wrong: list[str] = field(default_factory=list)


@contextlib.contextmanager
def answering(chat: Chat) -> Iterator[Probed]:
    """Ask both endpoints of the stack until the end, over a connection of its own; then all must be well."""
    found, over = Probed(), threading.Event()
    with Connection.open(target_file.load(chat.file)) as connection:
        ports = {connection.forward_port("127.0.0.1", port): path for port, path in PORTS.items()}

        def ask() -> None:
            while not over.wait(PAUSE_S):
                for port, path in ports.items():
                    found.asked += 1
                    try:
                        status = requests.get(f"http://127.0.0.1:{port}{path}", timeout=5).status_code
                    except requests.RequestException as error:
                        found.wrong.append(f"{path}: {type(error).__name__}")
                    else:
                        found.wrong += [f"{path}: HTTP {status}"] if status != 200 else []

        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        try:
            yield found
        finally:
            over.set()
            thread.join()
    assert found.asked > 2 * len(PORTS)
    assert found.wrong == []
