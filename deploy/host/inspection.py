"""What the engine knows of containers, as ``docker inspect`` tells it, without the secrets in it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from gonogo.deploy.compose.databases import REDIS_PASSWORD, requirepass
from gonogo.deploy.host.container import Container
from gonogo.deploy.redaction.redactor import MARK, Redactor
from gonogo.deploy.redaction.secret_values import names_a_secret, secret_values
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
    except ValueError:
        return []
    return [row for row in read if isinstance(row, dict)] if isinstance(read, list) else []


def hidden(row: dict[str, Any], redactor: Redactor) -> str:
    """Return an inspection as JSON, its secrets hidden: those that are known, and those named like one."""
    config = row.get("Config") or {}
    pairs = (entry.partition("=") for entry in config.get("Env") or [])
    environment = {name: value for name, _, value in pairs}
    words = [*(config.get("Entrypoint") or []), *(config.get("Cmd") or [])]
    redactor.add(secret_values({**environment, REDIS_PASSWORD: requirepass(words, environment)}))
    return redactor(json.dumps(_masked(row, redactor), indent=1, ensure_ascii=False))


def _masked(value: Any, redactor: Redactor) -> Any:
    if isinstance(value, str):
        return redactor(value)
    if isinstance(value, list):
        return list(_entries(value, redactor))
    if isinstance(value, dict):
        return {key: _named(key, item, redactor) for key, item in value.items()}
    return value


def _entries(values: list[Any], redactor: Redactor) -> Iterator[Any]:
    for value in values:
        name, equals, rest = value.partition("=") if isinstance(value, str) else ("", "", "")
        yield f"{name}={_named(name, rest, redactor)}" if equals else _masked(value, redactor)


def _named(name: str, value: Any, redactor: Redactor) -> Any:
    """Hide a value by its name too: one that is too short or too common is hidden in no text."""
    if isinstance(value, str) and value and names_a_secret(name):
        return MARK
    return _masked(value, redactor)
