"""A compose file as it is written, read without Compose: its services, their variables not yet resolved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import yaml

from gonogo.deploy.errors import UsageError

UNKNOWN = "\ufffd"
"""Stands where a variable without a default stood: its value is known on the target alone."""

GIVEN = {"COMPOSE_PROJECT_NAME"}
"""Variables that Compose sets by itself, so that no env file needs to."""

_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_]\w*)|([A-Za-z_]\w*))")
_INNERMOST = re.compile(r"\$\{[A-Za-z_]\w*(?P<how>:?[-+?])?(?P<word>[^{}]*)\}")


class _Reader(yaml.SafeLoader):
    """Reads scalars as text, so that 022, 22:22 and on stay what they are, and passes over unknown tags."""


_Reader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0].rpartition(":")[2] in ("null", "merge")]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _untagged(reader: _Reader, _tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return reader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return reader.construct_sequence(node, deep=True)
    return reader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None


_Reader.add_multi_constructor("!", _untagged)


def read(text: str, named: str) -> dict[str, Any]:
    """Return the mapping of a flattened compose file, to be read only; raises UsageError with ``named``."""
    try:
        raw = parsed(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UsageError(f"{named} is not YAML: {' '.join(str(error).split())}; correct it") from None
    if not isinstance(raw, dict) or not table(raw, "services"):
        raise UsageError(f"{named} holds no services: name the compose file that does")
    return raw


@lru_cache(maxsize=8)
def parsed(text: str) -> Any:
    """Return what YAML says, its scalars as text, to be read only; raises what PyYAML does."""
    # Several checks read the same file. (The reader written in C is faster, and crashes on deep nesting.)
    return yaml.load(text, _Reader)


def services(raw: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the services by name."""
    return {str(name): value or {} for name, value in table(raw, "services").items() if is_table(value)}


def profiles(raw: dict[str, Any]) -> dict[str, list[str]]:
    """Return the names of the services of each profile."""
    found: dict[str, list[str]] = {}
    for name, service in services(raw).items():
        for profile in map(str, as_list(service.get("profiles"))):
            found.setdefault(profile, []).append(name)
    return found


def filled(value: object) -> str:
    """Return a value with its variables' defaults in their place, UNKNOWN where there is none."""
    text = str(value).replace("$$", "\0")
    while (changed := _INNERMOST.sub(_default, text)) != text:
        text = changed
    return re.sub(r"\$(\{|[A-Za-z_]\w*)", UNKNOWN, text).replace("\0", "$")


def _default(match: re.Match[str]) -> str:
    how = (match["how"] or "").removeprefix(":")
    return match["word"] if how == "-" else "" if how == "+" else UNKNOWN


def variables(value: object) -> list[str]:
    """Return the names of the variables in a value, at any depth, each once and in order."""
    return list(dict.fromkeys(name for name in _variables(value) if name not in GIVEN))


def _variables(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _variables(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _variables(inner)
    elif isinstance(value, str):
        yield from (a or b for a, b in _VARIABLE.findall(value.replace("$$", "")))


def env_files(service: dict[str, Any]) -> list[str]:
    """Return the paths of a service's ``env_file``, which is text, a list, or a list of tables."""
    entries = as_list(service.get("env_file"))
    return [filled(entry.get("path", "") if isinstance(entry, dict) else entry) for entry in entries]


def is_table(value: object) -> bool:
    """Return whether a value is a mapping, or nothing in the place of one."""
    return value is None or isinstance(value, dict)


def table(raw: dict[str, Any], key: str) -> dict[str, Any]:
    """Return the mapping under a key; {} where there is none."""
    value = raw.get(key)
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """Return a value that may stand alone or in a list, as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]
