"""What the engine knows of containers, as ``docker inspect`` tells it, without the secrets in it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection, Sequence
from typing import Any

from gonogo.deploy.host.container import Container
from gonogo.deploy.host.docker import unreachable
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


def described(connection: Connection, kind: str, names: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return what the engine says of volumes or networks (``kind``), by name; who is not there is left out.

    Raises Unknown when docker refuses. Options and labels may hold secrets, so the transcript keeps the size
    alone.
    """
    if not names:
        return {}
    result = connection.run(f"docker {kind} inspect -- {shlex.join(sorted(names))}", private=True)
    if not result.ok and not absent(kind, result.error_text):
        raise unreachable(connection.host, result)
    return {row["Name"]: row for row in rows(result.text) if row.get("Name") in names}


def absent(kind: str, text: str) -> bool:
    """Return whether all that docker complains of is that something of a ``kind`` is not there."""
    lines = [line.lower() for line in text.splitlines() if line.strip()]
    return bool(lines) and all(f"no such {kind}" in line or "not found" in line for line in lines)


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
