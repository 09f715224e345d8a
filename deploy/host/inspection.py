"""What the engine knows of containers, as ``docker inspect`` tells it, without the secrets in it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from typing import Any

from gonogo.deploy.host.container import Container
from gonogo.deploy.redaction.places import secrets_within, shown
from gonogo.deploy.redaction.redactor import MARK, Redactor
from gonogo.deploy.ssh.connection import Connection


def inspected(connection: Connection, containers: Sequence[Container], redactor: Redactor) -> dict[str, str]:
    """Return the inspection of each container, by its name, as JSON without secrets.

    What looks secret in the containers' environments is hidden in every text from now on. Containers that are
    gone, and all where docker does not answer with JSON, are left out. The transcript keeps sizes alone.
    """
    if not containers:
        return {}
    ids = shlex.join(container.id for container in containers)
    result = connection.run(f"docker inspect --type container {ids}", private=True, live=True)
    names = {container.id: container.name for container in containers}
    return {names[row["Id"]]: hidden(row, redactor) for row in rows(result.text) if row.get("Id") in names}


def rows(text: str) -> list[dict[str, Any]]:
    """Return the inspections that docker printed; it prints those that it found also where it fails."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return [row for row in read if isinstance(row, dict)] if isinstance(read, list) else []


def hidden(row: dict[str, Any], redactor: Redactor) -> str:
    """Return an inspection as JSON without what may not be shown of it, which is redacted from now on."""
    try:
        redactor.add(secrets_within(row))
        return redactor(json.dumps(shown(row, lambda _: MARK), indent=1, ensure_ascii=False))
    except RecursionError:  # no engine nests so deeply, and what pretends to be one is not shown
        return MARK
