"""Which places of a compose file, or of a container's inspection, hold what somebody chose freely.

What stands elsewhere are names, paths, ports and settings that Compose and the engine define.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gonogo.deploy.redaction.commands import command_spans
from gonogo.deploy.redaction.harmless import spans
from gonogo.deploy.redaction.secret_names import names_a_secret
from gonogo.deploy.redaction.secret_values import command_values, secret_values
from gonogo.deploy.redaction.spans import Span
from gonogo.deploy.redaction.urls import URL

_VALUES = frozenset({
    "environment", "labels", "annotations", "args", "options", "driver_opts", "storage_opt", "sysctls",
    "content", "Env", "Labels", "Annotations", "Sysctls", "StorageOpt", "DriverOpts", "Options",
})  # fmt: skip
_FILES = frozenset({"dockerfile_inline"})
"""Whole files: none of it is shown, and what redaction has to know of it, who reads it knows."""
_COMMANDS = frozenset({"command", "entrypoint", "test", "Cmd", "Entrypoint", "Test", "Args", "runtime_flags"})
_NAMED = frozenset({"services", "configs", "secrets", "networks", "volumes"})
_OURS = ("com.docker.compose.", "gonogo.")
"""Labels of Compose and of gonogo, whose values are names, paths and digests."""


@dataclass(frozen=True)
class Text:
    """One text of a structure, under the key ``name``.

    ``free``: somebody chose it. ``entry``: it is a ``NAME=value`` of a list. ``command``: the words of which
    it is the one at ``index``.
    """

    name: str
    value: str
    free: bool
    entry: bool = False
    command: tuple[str, ...] | None = None
    index: int = 0

    @property
    def spans(self) -> list[Span]:
        """Which parts of it may not be shown."""
        if self.command is not None:
            return command_spans(self.command)[self.index]
        at, name, value = self._named
        return [(at + first, at + last) for first, last in spans(name, value)] if value else []

    @property
    def secrets(self) -> list[str]:
        """What of it redaction has to know."""
        if self.command is not None:
            return command_values(self.command)
        _, name, value = self._named
        if name in _FILES:
            return []
        return secret_values({name: value}) if value else []

    @property
    def _named(self) -> tuple[int, str, str]:
        """Where in it the value begins that is to be judged, its name, and itself; empty where none is."""
        name, rest = self.name, self.value
        if not self.free:
            return 0, "", rest if URL.search(rest) else ""
        if self.entry:
            name, _, rest = self.value.partition("=")
        return len(self.value) - len(rest), name, "" if name.startswith(_OURS) else rest

    def shown(self, hide: Callable[[str], str]) -> str:
        """Return it with ``hide`` of each part that may not be shown."""
        text = self.value
        for first, last in reversed(self.spans):
            text = f"{text[:first]}{hide(text[first:last])}{text[last:]}"
        return text


def text(path: Sequence[str], value: str, words: Sequence[str] | None = None, index: int = 0) -> Text:
    """Return what is known of the text at a path of keys, in a list of ``words`` where it is in one."""
    keys = [key for at, key in enumerate(path) if at != 1 or path[0] not in _NAMED]
    extension = any(key.startswith("x-") for key in keys)
    if keys and keys[-1] in _COMMANDS:
        whole = tuple(words) if words is not None else (value,)
        return Text(keys[-1], value, free=True, command=whole, index=index)
    free = extension or any(key in _VALUES for key in keys)
    name = path[-1] if path else ""
    if name == "content" and len(path) > 1:
        name = path[-2]
    return Text(
        name,
        value,
        free or name in _FILES or (names_a_secret(name) and not (words is not None and name == "secrets")),
        entry=words is not None and name in _VALUES,
    )


def texts(value: Any, path: tuple[str, ...] = ()) -> Iterator[Text]:
    """Yield each text of a structure."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from texts(inner, (*path, str(key)))
    elif isinstance(value, list):
        words = [one if isinstance(one, str) else "" for one in value]
        for at, inner in enumerate(value):
            yield from [text(path, inner, words, at)] if isinstance(inner, str) else texts(inner, path)
    elif isinstance(value, str):
        yield text(path, value)


def secrets_within(value: Any) -> list[str]:
    """Return what redaction has to know of a compose file or an inspection, each once and in order."""
    return list(dict.fromkeys(secret for one in texts(value) for secret in one.secrets))


def shown(value: Any, hide: Callable[[str], str], path: tuple[str, ...] = ()) -> Any:
    """Return a structure as it may be shown, with ``hide`` of each part of a text that may not."""
    if isinstance(value, dict):
        return {key: shown(inner, hide, (*path, str(key))) for key, inner in value.items()}
    if isinstance(value, list):
        words = [one if isinstance(one, str) else "" for one in value]
        return [
            text(path, one, words, at).shown(hide) if isinstance(one, str) else shown(one, hide, path)
            for at, one in enumerate(value)
        ]
    return text(path, value).shown(hide) if isinstance(value, str) else value
