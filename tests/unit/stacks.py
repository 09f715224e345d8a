"""Small stacks for tests: a target, a model, containers; each with what a test needs and no more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from deploy.model import Model
from deploy.probes.containers import Container
from deploy.target import Target
from deploy.target_file import parse


def target(folder: Path = Path("/nowhere"), **given: Any) -> Target:
    fields = {"host": "local", "path": "/srv/shop", "project": "shop", "compose_files": ["compose.yaml"]}
    return parse({**fields, **given}, folder / "shop.toml")


def model(**services: dict[str, Any]) -> Model:
    return Model.from_json(json.dumps({"name": "shop", "services": services}))


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
