"""Services whose containers are made with another's: in its network or process space, or on its volumes."""

from __future__ import annotations

import json
from collections.abc import Iterable

from gonogo.deploy.compose.model import Model
from gonogo.deploy.host.container import Container
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.resolved import resolve
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.switch import service as switch
from gonogo.deploy.target.target import Target


def override(model: Model, found: Iterable[Container]) -> str:
    """Return a Compose file that names containers by id where ``model`` names services; empty for none.

    Compose does the same before it takes the config hash of such a container, so the hash that the files
    alone give is never the container's. A service that has no container yet is left out.
    """
    ids: dict[str, str] = {}
    for one in sorted(found, key=lambda one: one.name):
        ids.setdefault(one.service, one.id)
    lines = []
    for name, service in sorted(model.services.items()):
        modes = ((mode, ids[other]) for mode, other in service.modes if other in ids)
        keys = [f"{mode}: {json.dumps(f'container:{other}')}" for mode, other in modes]
        if service.volumes_from and all(source in ids for source in service.volumes_from):
            # The mode (`:ro`) is left out, as Compose leaves it out.
            sources = [ids[source] for source in service.volumes_from]
            keys.append(f"volumes_from: !override {json.dumps(sources)}")
        if keys:
            lines.append(f"  {json.dumps(name)}: {{{', '.join(keys)}}}\n")
    return "services:\n" + "".join(lines) if lines else ""


def hashes(
    connection: Connection, target: Target, files: tuple[str, ...], found: list[Container], redact: Redactor
) -> dict[str, str]:
    """Return the config hashes that the files of a release give next to the containers ``found``.

    Empty where no service of the release is made with another's container. Raises GonogoError.
    """
    return hashes_of(connection, target, files, resolve(connection, target, files, redact).model, found)


def hashes_of(
    connection: Connection, target: Target, files: tuple[str, ...], model: Model, found: list[Container]
) -> dict[str, str]:
    """Return as ``hashes`` for the ``model`` that the files of the release give; raises GonogoError."""
    more = override(model, found)
    return switch.hashes(connection, target, files, more) if more else {}
