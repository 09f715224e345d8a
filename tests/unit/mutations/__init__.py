"""Mutations: for every check a corruption of the recorded facts that breaks its condition, and no other's.

Each module of this package holds the mutations of one subject, in a list called MUTATIONS.
"""

from __future__ import annotations

import functools
import importlib
import json
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gonogo.deploy.fact import Answer, Unknown
from gonogo.deploy.facts import Facts
from gonogo.deploy.recording import Recording
from gonogo.deploy.target import Target
from gonogo.deploy.target_file import parse

RECORDED = Path(__file__).resolve().parents[1] / "recorded" / "chat.json"


@functools.cache
def text() -> str:
    return RECORDED.read_text()


@functools.cache
def recording() -> Recording:
    return Recording.model_validate_json(text())


@dataclass
class World:
    """The facts of a healthy run of the example stack, to be corrupted; ``options`` are those of the run."""

    facts: Facts
    options: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def recorded(cls) -> World:
        return cls(recording().facts_of())

    @property
    def target(self) -> Target:
        return self.facts.target

    def get(self, fact: str) -> Any:
        """The value of a fact, also of one that no check needs in the recording."""
        return getattr(self.facts, fact)

    def set(self, **values: Any) -> None:
        """Let facts have other values."""
        for fact, value in values.items():
            assert fact in dict(Facts.all()), f"there is no fact {fact}"
            self.facts.answers.known[fact] = Answer(value, None)

    def fail(self, fact: str, check: str, message: str = "it cannot be had") -> None:
        """Let a fact be unknown, for which ``check`` fails."""
        assert fact in dict(Facts.all()), f"there is no fact {fact}"
        self.facts.answers.known[fact] = Answer(None, Unknown(check, message))

    def amend(self, **tables: Any) -> None:
        """Let the target file hold other tables; what is not named stays."""
        raw = {**json.loads(text())["target"], **tables}
        file = Path(raw.pop("file"))
        kept = {key: value for key, value in raw.items() if value is not None}
        self.facts.target = parse(kept, file)


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
