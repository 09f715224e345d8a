"""What of compose files is lost once they are one: env files of ``include``, names without a value, modes."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from gonogo.deploy.compose import dotenv, unresolved
from gonogo.deploy.compose.interpolation import with_defaults
from gonogo.deploy.compose.unresolved import as_list, is_table, table
from gonogo.deploy.errors import GonogoError

KINDS = ("services", "volumes", "networks", "configs", "secrets")
USUAL = ".env"
# Parts of a short form: a colon within ${…} parts nothing.
PART = re.compile(r"((?:\$\{(?:[^{}]|\{[^{}]*\})*\}|[^:])*)(?::|$)")


@dataclass(frozen=True)
class File:
    """A compose file as it is written, or a service that another one extends, under that one's name.

    ``folder``: what its paths are relative to, itself relative to the source; empty for the source.
    ``included``: whether an ``include`` brings it. ``values``: by name, what its variables fall back to then.
    ``env_files``: where these are from.
    """

    raw: dict[str, Any]
    folder: str = ""
    included: bool = False
    values: Mapping[str, str] = field(default_factory=dict)
    env_files: tuple[Path, ...] = ()

    def names(self, kind: str) -> set[str]:
        """The names that the file has under one of KINDS."""
        return {str(name) for name in table(self.raw, kind)}

    def bare(self, service: str) -> list[str]:
        """The variables that a service is given by their names alone."""
        given = unresolved.services(self.raw).get(service, {}).get("environment")
        if isinstance(given, dict):
            return [str(name) for name, value in given.items() if value is None]
        return [str(one) for one in as_list(given) if "=" not in str(one) and "$" not in str(one)]

    def has(self, kind: str, name: str, path: str) -> bool:
        """Return whether something that the file defines holds a path, alone or before a colon."""
        found = _texts(table(self.raw, kind).get(name))
        return any(with_defaults(one, self.values).startswith(path) for one in found)

    def modes(self) -> Iterator[tuple[str, str, str]]:
        """Yield the source, the place and the mode of the mounts whose mode has a variable in it."""
        for service in unresolved.services(self.raw).values():
            for one in as_list(service.get("volumes")):
                parts = [match[1] for match in PART.finditer(one)] if isinstance(one, str) else []
                if len(parts) > 2 and "$" in parts[2]:
                    yield posixpath.normpath(parts[0]), parts[1], parts[2]


def read(source: Path, files: Sequence[Path]) -> list[File]:
    """Return the compose files that ``files`` are made of, those that they extend and include too.

    What cannot be read is left out: Compose has more to say of it. Raises GonogoError for an env file that
    Compose would not refuse and that cannot be handed on.
    """
    return list(_Reader(source).files(source, [source / file for file in files], File({}), ()))


class _Reader:
    def __init__(self, source: Path) -> None:
        self.source = source

    def files(
        self, folder: Path, paths: Sequence[Path], within: File, seen: tuple[Path, ...]
    ) -> Iterator[File]:
        for path in paths:
            raw = _raw(path)
            if raw is None or path in seen:
                continue
            yield replace(within, raw=raw)
            for name, service in unresolved.services(raw).items():
                yield from self.extended(path.parent, name, service, within)
            for entry in as_list(raw.get("include")):
                yield from self.include(folder, entry, within, (*seen, path))

    def extended(self, folder: Path, name: str, service: dict[str, Any], within: File) -> Iterator[File]:
        """Yield what a service of another file gives to the service called ``name``, which extends it."""
        given = service.get("extends")
        if not isinstance(given, dict) or not given.get("file"):
            return
        path = folder / str(given["file"])
        base = unresolved.services(_raw(path) or {}).get(str(given.get("service") or name))
        if base is not None:
            relative = os.path.relpath(path.parent, self.source)
            yield replace(within, raw={"services": {name: base}}, folder=relative)
            yield from self.extended(path.parent, name, base, within)

    def include(self, folder: Path, entry: object, within: File, seen: tuple[Path, ...]) -> Iterator[File]:
        given = entry if isinstance(entry, dict) else {"path": entry}
        paths = [folder / str(one) for one in as_list(given.get("path"))]
        if not paths:
            return
        place = given.get("project_directory")
        there = folder / str(place) if place else paths[0].parent
        named = [folder / str(one) for one in as_list(given.get("env_file"))]
        env_files = named or [there / USUAL] * (there / USUAL).is_file()
        own: dict[str, str] = {}
        for file in env_files:
            own |= _values(file, {**own, **within.values})
        relative = os.path.relpath(there, self.source)
        inner = File({}, relative, True, {**own, **within.values}, (*within.env_files, *env_files))
        yield from self.files(there, paths, inner, seen)


def _values(file: Path, known: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of an env file as a compose file may write them, those that it uses within."""
    try:
        found, _ = dotenv.entries(file.read_text("utf-8-sig"))
    except (OSError, ValueError):
        return {}
    values: dict[str, str] = {}
    for one in found:
        bare = one.value.replace("$", "$$") if one.literal else one.value
        values[one.name] = with_defaults(bare, {**values, **known})
        if not _balanced(one.value):
            raise GonogoError(
                f"{file}: the braces of {one.name} do not match, so no compose file can hold it: set it "
                "in the env file of the target"
            )
    return values


def _balanced(value: str) -> bool:
    depth = 0
    for character in value:
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth < 0:
            return False
    return depth == 0


def _raw(path: Path) -> dict[str, Any] | None:
    try:
        found = unresolved.parsed(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return None
    return found if is_table(found) and found else None


def _texts(value: object) -> Iterator[str]:
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(inner)
    if isinstance(value, str):
        yield value
