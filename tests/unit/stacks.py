"""Small stacks for tests: a target, a model, containers; and a connection that always says the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from gonogo.deploy.compose.model import Model
from gonogo.deploy.host.answers import Answer
from gonogo.deploy.host.container import Container
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.release import Release
from gonogo.deploy.release.resolved import Resolved
from gonogo.deploy.ssh.connection import Connection, Result
from gonogo.deploy.ssh.transcript import Transcript
from gonogo.deploy.target.target import Target
from gonogo.deploy.target.target_file import parse


class Answering:
    """Stands in for a connection: answers every command alike and remembers what was asked."""

    host = "web"

    def __init__(self, status: int = 0, out: str = "", err: str = "") -> None:
        self.result = Result("asked", status, out.encode(), err.encode(), 0.0)
        self.asked: list[str] = []
        self.transcript = Transcript()

    def run(self, command: str, **_: Any) -> Result:
        self.asked.append(command)
        return self.result


def host(status: int = 0, out: str = "", err: str = "") -> Host:
    """A host that answers every command alike."""
    return Host.over(cast(Connection, Answering(status, out, err)))


def target(folder: Path = Path("/nowhere"), **given: Any) -> Target:
    fields = {"host": "local", "path": "/srv/shop", "project": "shop", "compose_files": ["compose.yaml"]}
    return parse({**fields, **given}, folder / "shop.toml")


def model(**services: dict[str, Any]) -> Model:
    return Model.from_json(json.dumps({"name": "shop", "services": services}))


def release(**services: dict[str, Any]) -> Release:
    """A release whose model has these services, and of which nothing else is known."""
    made = Release(target(), None, Redactor())
    made.answers.known[made.key("resolved")] = Answer(Resolved(model(**services), []), None)
    return made


def container(service: str, **given: Any) -> Container:
    fields = {
        "id": f"id-of-{service}",
        "name": f"shop-{service}-1",
        "image": f"sha256:{service}",
        "named": f"shop-{service}",
        "status": "running",
        "project": "shop",
        "service": service,
        "hash": f"hash-of-{service}",
    }
    return Container(**{**fields, **given})
