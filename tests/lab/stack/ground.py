"""A stack on a host of its own, what the checks say of it, and what is done to it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target_file import load
from lab.docker import check
from tests import harness
from tests.lab.chat import Chat

NAME = f"t-checks-stack-{os.getpid()}"
SERVICES = "mongodb redis"
SECRET = "MONGO_INITDB_ROOT_PASSWORD"
GOOD = "an-env-Value-of-17"
REDIS = "gonogo-lab/redis:latest"
COMPOSE = "docker-compose.yml"
OVERRIDE = "docker-compose.override.yml"
LABEL = "com.docker.compose"


class Checked:
    """What the checks with these ids say now."""

    def __init__(self, chat: Chat, connection: Connection, *ids: str) -> None:
        self.found = harness.over(connection, load(chat.file), only=ids)

    @property
    def failing(self) -> dict[str, str]:
        """The message of each check that did not pass; a warning's begins with that word."""
        return {
            one.id: f"{'warning: ' if one.status == 'warning' else ''}{one.message}"
            for one in self.found.values()
            if one.status not in ("passed", "skipped")
        }


Ask = Callable[..., dict[str, str]]


def stack(chat: Chat, old: str, new: str) -> None:
    """Change the compose file here."""
    file = chat.source / COMPOSE
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def stray(chat: Chat, *options: str, run: str = "create") -> None:
    """Make a container that the tests' fixture removes."""
    chat.shell(f"docker {run} --label {LABEL}.stray=1 {' '.join(options)} {REDIS}")


def labels(project: str, service: str, **more: str) -> str:
    given = {"project": project, "service": service, "oneoff": "False", **more}
    return " ".join(f"--label {LABEL}.{key}={value}" for key, value in given.items())


def commit(folder: Path) -> None:
    git = ["git", "-C", str(folder), "-c", "user.name=lab", "-c", "user.email=lab@localhost"]
    check([*git, "add", "-A", "-f"])
    check([*git, "commit", "-q", "-m", "More"])
