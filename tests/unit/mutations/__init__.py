"""Mutations: for every check a corruption of the recorded answers that breaks its condition, and no other's.

Each module of this package holds the mutations of one subject, in a list called MUTATIONS.
"""

from __future__ import annotations

import functools
import importlib
import json
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gonogo.deploy.errors import Unknown
from gonogo.deploy.host.answers import Answer
from gonogo.deploy.release.release import Release
from gonogo.deploy.steps.recording import Recording
from gonogo.deploy.target.target import Target
from gonogo.deploy.target.target_file import parse

RECORDED = Path(__file__).resolve().parents[1] / "recorded" / "chat.json"


CONTAINERS, LISTENING = "host.containers.all", "host.sockets.listening"


@functools.cache
def text() -> str:
    return RECORDED.read_text()


@functools.cache
def recording() -> Recording:
    return Recording.model_validate_json(text())


@dataclass
class World:
    """The release of a healthy run of the example stack, to be corrupted; ``options``: of the run."""

    release: Release
    options: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def recorded(cls) -> World:
        return cls(recording().release_of())

    @property
    def target(self) -> Target:
        return self.release.target

    def get(self, key: str) -> Any:
        """The value of a property of the release or of a noun, also of one that no recorded check needs."""
        found = self.release.find(key)
        assert found, f"there is no {key}"
        return getattr(*found)

    def set(self, values: Mapping[str, Any] | None = None, **properties: Any) -> None:
        """Let nouns' properties, by key, and the release's have other values."""
        for key, value in {**(values or {}), **properties}.items():
            self._know(key, Answer(value, None))

    def fail(self, key: str, check: str, message: str = "it cannot be had") -> None:
        """Let a property of the release or of a noun be unknown, for which ``check`` fails."""
        self._know(key, Answer(None, Unknown(check, message)))

    def _know(self, key: str, answer: Answer) -> None:
        place = self.release.find(key)
        assert place, f"there is no {key}"
        self.release.answers.known[place[0].key(place[1])] = answer

    def amend(self, **tables: Any) -> None:
        """Let the target file hold other tables; what is not named stays."""
        raw = {**json.loads(text())["target"], **tables}
        file = Path(raw.pop("file"))
        kept = {key: value for key, value in raw.items() if value is not None}
        self.release.target = parse(kept, file)


@dataclass(frozen=True)
class Mutation:
    """``change`` breaks what ``check`` guards; ``says``: a part of its message; ``blocks``: others."""

    check: str
    change: Callable[[World], None]
    says: str = ""
    blocks: bool = False


def all() -> Iterator[Mutation]:
    for module in pkgutil.iter_modules(__path__):
        yield from importlib.import_module(f"{__name__}.{module.name}").MUTATIONS
