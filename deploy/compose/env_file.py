"""The env file of the target: as Compose reads it, and what of it must never be shown."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gonogo.deploy.compose import command_line, unresolved
from gonogo.deploy.compose.interpolation import interpolated
from gonogo.deploy.errors import GonogoError, UsageError
from gonogo.deploy.redaction.secret_values import secret_values
from gonogo.deploy.ssh.connection import Connection, Result
from gonogo.deploy.target.target import Target

NOTHING = b"services: {}\n"
PROJECT = re.compile(rf"^[ \t]*(?:export[ \t]+)?{command_line.PROJECT}[ \t]*=([^\r\n#]*)", re.MULTILINE)
SHORT = 4
"""Values of fewer characters are no secrets worth the name, and hiding them would shred every text."""


def file(target: Target) -> str:
    """Return the path of the target's env file, which need not be there when the target file names none."""
    return str(target.env_path or target.path / ".env")


@dataclass(frozen=True)
class Asked:
    """The env file as it stands, empty where it cannot be read, and what Compose says of it."""

    raw: str
    result: Result


def ask(connection: Connection, target: Target) -> Asked:
    """Return what the target's env file holds, as it stands and as Compose reads it, in one command."""
    line = command_line.command(target, "config", "--environment", profiles=())
    both = f"cat -- {shlex.quote(file(target))} 2>/dev/null; printf '\\0'; {line}"
    result = connection.run(both, stdin=NOTHING, private=True)
    raw, _, read = result.text.rpartition("\0")
    return Asked(raw, replace(result, stdout=read.encode()))


def values(asked: Asked, target: Target) -> dict[str, str]:
    """Return the variables of the env file, as Compose has them for interpolation.

    It is Compose that parses the file, so a value is what Compose takes it for (incident D1); only what the
    file gives as COMPOSE_PROJECT_NAME, which Compose replaces by the project, is taken from the file itself.
    Raises GonogoError with Compose's own words when it cannot read the file.
    """
    if not asked.result.ok:
        said = command_line.complaint(asked.result.error_text)
        raise GonogoError(f"{target.host}: Compose cannot read the env file {file(target)}: {said}")
    found = parse(asked.result.text)
    for name in PROJECT.findall(asked.raw):
        found[command_line.PROJECT] = name.strip("\"' ")
    return found


def parse(text: str) -> dict[str, str]:
    """Return the variables of ``docker compose config --environment``; a value may go on over lines."""
    found: dict[str, str] = {}
    last = ""
    # Not by splitlines: a value may hold what that takes for the end of a line, such as U+2028.
    for line in text.removesuffix("\n").split("\n"):
        name, equals, value = line.partition("=")
        if equals and name.isidentifier():
            found[name], last = value, name
        elif last:
            found[last] += f"\n{line}"
    ours = (*command_line.KEPT, "PWD", command_line.PROJECT)
    plugins = "DOCKER_CLI_PLUGIN_"
    return {name: value for name, value in found.items() if name not in ours and not name.startswith(plugins)}


def written(flat: str) -> dict[str, dict[str, Any]]:
    """Return the services of a flattened compose file as they are written there; {} where it has none."""
    try:
        return unresolved.services(unresolved.read(flat, "the compose files"))
    except UsageError:
        return {}


@dataclass(frozen=True)
class ServiceFile:
    """An env file of a service: its path on the target, and its other keys in the compose file."""

    path: str
    options: dict[str, Any]


def by_service(flat: str, values: Mapping[str, str], target: Target) -> dict[str, list[ServiceFile]]:
    """Return the ``env_file``s of a flattened compose file, by service."""
    found: dict[str, list[ServiceFile]] = {}
    for name, service in written(flat).items():
        for entry in service.get("env_file") or []:
            options = {key: _flag(value) for key, value in entry.items() if key != "path"}
            if path := interpolated(str(entry["path"]), values):
                one = ServiceFile(posixpath.normpath(target.path / path), options)
                found.setdefault(name, []).append(one)
    return found


def _flag(value: object) -> object:
    return {"true": True, "false": False}.get(str(value), value)


def service_files(flat: str, values: Mapping[str, str], target: Target) -> list[str]:
    """Return the ``env_file``s of all services of a flattened compose file, as paths of the target."""
    found = by_service(flat, values, target).values()
    return list(dict.fromkeys(one.path for files in found for one in files))


def pieces(lines: Iterable[str]) -> list[str]:
    """Return what looks secret in the lines of an env file, as it stands and without the quotes around it.

    It is for redaction: when Compose cannot parse the file, its complaint may quote a line of it.
    Of a line that is no ``NAME=value`` everything counts as secret, for it may be the rest of a value, and so
    does every line within quotes that were not closed: base64 may end with ``=`` and look like a name.
    """
    found: list[str] = []
    quote = ""
    for line in (text.strip() for text in lines):
        if quote:
            found += [line, line.strip(quote)]
            quote = "" if quote in line else quote
            continue
        name, equals, value = line.removeprefix("export ").partition("=")
        if not line or line.startswith("#"):
            continue
        if not equals or not name.strip().isidentifier():
            found.append(line)
            continue
        quote = _opened(value.strip())
        bare = value.strip().strip("'\"")
        for form in (value.strip(), bare, bare.replace("\\'", "'").replace('\\"', '"')):
            found += secret_values({name.strip(): form})
    return [value for value in dict.fromkeys(found) if len(value) >= SHORT]


def _opened(value: str) -> str:
    """Return the quote with which a value begins and that is not closed on its line, else nothing."""
    quote = value[:1]
    return quote if quote in ("'", '"') and quote not in value[1:].replace(f"\\{quote}", "") else ""
