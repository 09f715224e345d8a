"""Small stacks with mounts, the containers that run with them, and what a host has in their places."""

from __future__ import annotations

from typing import Any

from gonogo.deploy.compose.model import Model
from gonogo.deploy.host.binds import Bind
from gonogo.deploy.host.container import Container
from tests.unit.stacks import container, model

FOLDER = Bind("folder", 1000, 1000, 0o755)
FILE = Bind("file", 0, 0, 0o644)
MISSING = Bind("missing")


def volume(name: str, to: str = "/data", **more: Any) -> dict[str, Any]:
    return {"type": "volume", "source": name, "target": to, **more}


def bind(source: str, to: str = "/data", **more: Any) -> dict[str, Any]:
    return {"type": "bind", "source": source, "target": to, "bind": {"create_host_path": True}, **more}


def db(*mounts: dict[str, Any], **more: Any) -> Model:
    return model(db={"image": "mongo:6", "volumes": list(mounts), **more})


def runs(*mounts: tuple[str, str, str], **more: Any) -> list[Container]:
    return [container("db", mounts=mounts, **more)]
