"""The env files of a release: kept with it on the target, so that a way back starts what ran then."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote

from gonogo.deploy.compose import command_line, env_file
from gonogo.deploy.compose.env_file import ServiceFile
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.redaction.secret_values import secret_values
from gonogo.deploy.release import records
from gonogo.deploy.release.records import Image, Record
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target import Target

if TYPE_CHECKING:
    from gonogo.deploy.release.release import Release

KEPT, FOLDER = ".env", "env"
"""In the release's folder: the env file of the target file, and the folder of those of single services."""
SINCE = 2
"""The format of a record since which a release has its env files."""


def as_of(target: Target, record: Record) -> Target:
    """Return the target with the env file of a release; one of an earlier version of gonogo kept none."""
    return at(target, record.version) if record.format >= SINCE else target


def at(target: Target, version: str) -> Target:
    """Return the target with the env file that ``keep`` wrote for a version."""
    return target.model_copy(update={"env_file": str(records.folder(target, version) / KEPT)})


def write(  # noqa: PLR0913, PLR0917  all that makes up the files of a release
    connection: Connection,
    target: Target,
    version: str,
    flat: str,
    images: Mapping[str, Image],
    services: Mapping[str, list[ServiceFile]],
) -> None:
    """Write the Compose files and the env files of a release into its folder; raises GonogoError.

    ``services``: the env files of its services, which ``of_services`` found in ``flat``. Env files are copied
    on the target itself (0600). What is not there is kept as not there; where the target has no env file, an
    empty one is kept, so that one that is made later is not read in its place.
    """
    there = records.folder(target, version)
    records.save(connection, target, version, records.COMPOSE_FILE, flat)
    records.save(connection, target, version, records.IMAGES_FILE, pins(images, services, there))
    own = shlex.quote(env_file.file(target))
    lines = ["umask 077", f"if [ -e {own} ]; then cat -- {own}; fi > {shlex.quote(str(there / KEPT))}"]
    if services:
        lines.insert(1, f"mkdir -p {shlex.quote(str(there / FOLDER))}")
    for one in dict.fromkeys(one.path for files in services.values() for one in files):
        copy = shlex.quote(str(copy_of(there, one)))
        lines.append(f"if [ -e {shlex.quote(one)} ]; then cat -- {shlex.quote(one)} > {copy}; fi")
    connection.check(" && ".join(lines), mutates=True)


def digest(connection: Connection, target: Target) -> str:
    """Return the SHA-256 of a target's env file; empty where there is none."""
    return connection.run(f"sha256sum < {shlex.quote(env_file.file(target))}").text.partition(" ")[0]


def of_services(flat: str, values: Mapping[str, str], target: Target) -> dict[str, list[ServiceFile]]:
    """Return the env files that the services of a compose file name, by service."""
    return env_file.by_service(flat, {**values, command_line.PROJECT: target.project}, target)


def copy_of(folder: PurePosixPath, path: str) -> PurePosixPath:
    """Return where in the folder of a release the env file of a service is kept."""
    return folder / FOLDER / quote(path, safe="")


def pins(
    images: Mapping[str, Image],
    services: Mapping[str, list[ServiceFile]] | None = None,
    folder: PurePosixPath | None = None,
) -> str:
    """Return the Compose file that gives each service its image by id, and its env files as they were.

    A tag can be moved after the release, an id cannot (incident L5). ``services``: the env files that are
    kept in ``folder``, by service.
    """
    lines = []
    for name, image in sorted(images.items()):
        keys = [f'"image": {json.dumps(image.id)}']
        if folder and (files := (services or {}).get(name)):
            entries = [{**one.options, "path": _plain(copy_of(folder, one.path))} for one in files]
            keys.append(f'"env_file": !override {json.dumps(entries)}')
        lines.append(f"  {json.dumps(name)}: {{{', '.join(keys)}}}\n")
    return "services:\n" + "".join(lines) if lines else "services: {}\n"


def _plain(path: PurePosixPath) -> str:
    return str(path).replace("$", "$$")  # Compose would take it for the begin of a variable


def values(connection: Connection, target: Target, redactor: Redactor) -> dict[str, str]:
    """Return the variables of a target's env file; their secrets are redacted from now on. GonogoError."""
    asked = env_file.ask(connection, target)
    redactor.add(env_file.pieces(asked.raw.splitlines()))
    found = env_file.values(asked, target)
    redactor.add(secret_values(found))
    return found


def edited(release: Release, record: Record, now: Callable[[], Mapping[str, str]] | None = None) -> str:
    """Return what happened to the live env file since a release, by names alone; empty for nothing.

    Empty too where the release has no env file of its own. ``now``: gives the values of the live one, which
    are read where it is not given. Raises GonogoError.
    """
    target, redactor = release.target, release.redactor
    then = as_of(target, record)
    if then is target or digest(release.connection, target) == record.env_digest:
        return ""
    live = now() if now else values(release.connection, target, redactor)
    return difference(values(release.connection, then, redactor), live)


def difference(then: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Return what happened to the variables of an env file since, by name alone; empty for nothing."""
    parts = {
        "changed": sorted(name for name in then.keys() & now.keys() if then[name] != now[name]),
        "added": sorted(now.keys() - then.keys()),
        "removed": sorted(then.keys() - now.keys()),
    }
    return "; ".join(f"{what}: {', '.join(names)}" for what, names in parts.items() if names)
