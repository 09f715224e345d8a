"""A MongoDB of a stack on this machine's engine, as gonogo sees one: the target is this machine."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.release import Release
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target import Target
from gonogo.deploy.target.target_file import parse
from lab import engine, images
from lab.docker import LABEL, check, run

IMAGE = "gonogo-lab/mongo:latest"
USER = "root"
PASSWORD = "Pa55 w$rd!'\"#{}%@:/\\"
READY_S = 60


@dataclass
class Ground:
    """A project with one service, ``mongodb``, whose container runs; ``database`` is the application's."""

    project: str
    folder: Path
    database: str = "shop"
    tables: dict[str, Any] = field(default_factory=dict)

    @property
    def container(self) -> str:
        return f"{self.project}-mongodb"

    @property
    def stack(self) -> Path:
        """The stack's folder on the target."""
        return self.folder / "srv"

    def start(self, *command: str, auth: bool = True) -> None:
        """Start the container on a new and empty volume, and wait until it answers."""
        labels = {LABEL: "1", "com.docker.compose.project": self.project}
        labels |= {"com.docker.compose.service": "mongodb", "com.docker.compose.oneoff": "False"}
        marks = [part for key, value in labels.items() for part in ("--label", f"{key}={value}")]
        given = ["MONGO_INITDB_ROOT_USERNAME", "MONGO_INITDB_ROOT_PASSWORD"] if auth else []
        os.environ |= {given[0]: USER, given[1]: PASSWORD} if auth else {}
        try:
            check(["docker", "run", "-d", *marks, "--name", self.container, *_env(given), IMAGE, *command])
        finally:
            for name in given:
                os.environ.pop(name, None)
        self.ready()

    def ready(self) -> None:
        """Wait until the server answers."""
        deadline = time.monotonic() + READY_S
        while run(["docker", "exec", self.container, "mongo-ping"]).returncode != 0:
            assert time.monotonic() < deadline, f"{self.container} does not answer"
            time.sleep(0.1)

    def install(self, name: str, text: str) -> None:
        """Put a program into the container."""
        script = f"cat > /usr/local/bin/{name}; chmod 755 /usr/local/bin/{name}"
        check(["docker", "exec", "-i", self.container, "sh", "-c", script], stdin=text.encode())

    @contextlib.contextmanager
    def committed(self) -> Iterator[str]:
        """Give the name of an image with the programs that were put into the container."""
        tag = f"gonogo-lab/{self.project}-{secrets.token_hex(4)}"
        check(["docker", "commit", self.container, tag])
        try:
            yield tag
        finally:
            run(["docker", "rmi", "-f", tag])

    def plan(self, text: str) -> None:
        """Say what the stand-ins of the database's tools are to do, see ``database_tools``."""
        check(["docker", "exec", self.container, "sh", "-c", f"printf '{text}' > /tmp/plan"])

    def remove(self) -> None:
        run(["docker", "rm", "-f", "-v", self.container])

    def target(self, **tables: Any) -> Target:
        """The target: host ``local``, with the stack in a folder of the test."""
        self.stack.mkdir(exist_ok=True)
        (self.folder / "compose.yaml").write_text(
            f"services:\n  mongodb:\n    image: {IMAGE}\n    environment:\n"
            "      MONGO_INITDB_ROOT_USERNAME: ${MONGO_INITDB_ROOT_USERNAME}\n"
            "      MONGO_INITDB_ROOT_PASSWORD: ${MONGO_INITDB_ROOT_PASSWORD}\n"
        )
        quoted = PASSWORD.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
        (self.stack / ".env").write_text(
            f'MONGO_INITDB_ROOT_USERNAME={USER}\nMONGO_INITDB_ROOT_PASSWORD="{quoted}"\n'
        )
        (self.stack / ".env").chmod(0o600)
        given = {"host": "local", "path": str(self.stack), "source": str(self.folder)}
        given |= {"project": self.project, "compose_files": ["compose.yaml"], "env_file": ".env"}
        given |= {"mongodb": {"service": "mongodb", "database": self.database}}
        return parse({**given, **self.tables, **tables}, self.folder / f"{self.project}.toml")

    @contextlib.contextmanager
    def release(self, **tables: Any) -> Iterator[Release]:
        """Give what would be deployed over a connection that is open."""
        target, redactor = self.target(**tables), Redactor()
        with Connection.open(target, redact=redactor) as connection:
            yield Release(target, connection, redactor)


@contextlib.contextmanager
def started(folder: Path, *command: str, auth: bool = True, **more: Any) -> Iterator[Ground]:
    """Give a ground whose MongoDB runs; its container and volume are removed at the end."""
    engine.ensure()
    images.ensure()
    ground = Ground(f"t-mongo-{secrets.token_hex(4)}", folder, **more)
    try:
        ground.start(*command, auth=auth)
        yield ground
    finally:
        ground.remove()


def _env(names: list[str]) -> list[str]:
    return [part for name in names for part in ("-e", name)]
