"""The resolved model of a release: the compose files with all values in place, and what Compose said."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gonogo.deploy.compose import command_line
from gonogo.deploy.compose.databases import REDIS_PASSWORD, requirepass
from gonogo.deploy.compose.model import Model, unescaped
from gonogo.deploy.compose.service import Service
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.redaction.masking import concealed_all, concealed_words, masked
from gonogo.deploy.redaction.places import secrets_within, shown
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.redaction.secret_values import secret_values
from gonogo.deploy.ssh.connection import Connection, Result
from gonogo.deploy.target.target import Target


@dataclass(frozen=True)
class Resolved:
    """The resolved model, the variables that Compose warned about as not set, and its other warnings."""

    model: Model
    unset: list[str]
    warnings: list[str] = field(default_factory=list)


def kept(resolved: Resolved) -> Resolved:
    """Return the resolved model as it may be written to a file; see ``redaction.masking``."""
    services = {name: _concealed(service) for name, service in resolved.model.services.items()}
    laid = tuple(replace(one, text=None) for one in resolved.model.contents)
    model = replace(
        resolved.model,
        services=services,
        contents=laid,
        definitions=_bare(resolved.model.definitions),
        stores=_bare(resolved.model.stores),
    )
    return replace(resolved, model=model)


def _bare(definitions: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return definitions of networks or volumes without the values that may be a login."""
    return {
        name: {**one, **{key: {} for key in ("driver_opts", "labels") if one.get(key)}}
        for name, one in definitions.items()
    }


def _concealed(service: Service) -> Service:
    return replace(
        service,
        environment=concealed_all(service.environment),
        build=shown(service.build, masked),
        command=concealed_words(service.command),
        entrypoint=concealed_words(service.entrypoint),
    )


def resolve(
    connection: Connection,
    target: Target,
    files: Sequence[str],
    redactor: Redactor,
    stdin: bytes | None = None,
) -> Resolved:
    """Return the model that ``files`` give on the target, ``-`` being ``stdin``; its secrets are redacted.

    Raises GonogoError with Compose's words.
    """
    return read_config(target, config(connection, target, files, stdin), redactor)


def config(connection: Connection, target: Target, files: Sequence[str], stdin: bytes | None) -> Result:
    """Return what Compose says that ``files`` give on the target, ``-`` being ``stdin``."""
    line = command_line.command(target, "config", "--format", "json", files=files)
    return connection.run(line, stdin=stdin, private=True)


def read_config(target: Target, result: Result, redactor: Redactor) -> Resolved:
    """Return the model in what ``config`` returned; its secrets are redacted. Raises GonogoError."""
    if not result.ok:
        raise GonogoError(f"{target.host}: {command_line.complaint(result.error_text)}")
    return read(result.text, result.error_text, redactor)


def read(text: str, said: str, redactor: Redactor) -> Resolved:
    """Return the model that Compose printed, with what it ``said`` beside; the model's secrets are redacted.

    Raises GonogoError for what is no model.
    """
    model = Model.from_json(text)
    redactor.spare(model.words)
    redactor.add(secrets_within(unescaped(json.loads(text))))
    for service in model.services.values():
        demanded = requirepass(service.command, service.environment)
        redactor.add(secret_values({REDIS_PASSWORD: demanded}))
    return Resolved(model, command_line.unset_variables(said), command_line.warnings(said))
