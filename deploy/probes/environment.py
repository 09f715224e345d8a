"""The env file of the target: as Compose reads it, and what of it must never be shown."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from deploy import compose
from deploy.connection import Connection
from deploy.errors import GonogoError
from deploy.redact import secret_values
from deploy.target import Target

NOTHING = b"services: {}\n"
SHORT = 4
"""Values of fewer characters are no secrets worth the name, and hiding them would shred every text."""


def folder(connection: Connection, target: Target) -> str:
    """Return the stack's folder on the target; raises GonogoError when it is not there."""
    path = str(target.path)
    if not connection.run(f"test -d {shlex.quote(path)}").ok:
        raise GonogoError(
            f"{target.host}: there is no folder {path}: make it, or correct path in the target file"
        )
    return path


def values(connection: Connection, target: Target) -> dict[str, str]:
    """Return the variables that Compose has for interpolation on the target, those of our own aside.

    It is Compose that parses the file, so a value is what Compose takes it for (incident D1). Raises
    GonogoError with Compose's own words when it cannot.
    """
    line = compose.command(target, "config", "--environment", profiles=())
    result = connection.run(line, stdin=NOTHING, private=True)
    if not result.ok:
        name = target.env_path or target.path / ".env"
        raise GonogoError(
            f"{target.host}: Compose cannot read the env file {name}: {compose.complaint(result.error_text)}"
        )
    return parse(result.text)


def parse(text: str) -> dict[str, str]:
    """Return the variables of ``docker compose config --environment``; a value may go on over lines."""
    found: dict[str, str] = {}
    last = ""
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and name.isidentifier():
            found[name], last = value, name
        elif last:
            found[last] += f"\n{line}"
    ours = (*compose.KEPT, "PWD", "COMPOSE_PROJECT_NAME", "DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND")
    return {name: value for name, value in found.items() if name not in ours}


def raw_values(connection: Connection, target: Target) -> list[str]:
    """Return whatever could be a value in the env file, read without Compose, whether or not it parses.

    They are for redaction alone: when Compose cannot parse the file, its complaint may quote a line of it.
    """
    path = shlex.quote(str(target.env_path or target.path / ".env"))
    result = connection.run(f"cat -- {path}", private=True)
    return pieces(result.text.splitlines()) if result.ok else []


def pieces(lines: Iterable[str]) -> list[str]:
    """Return what looks secret in the lines of an env file, as it stands and without the quotes around it.

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
