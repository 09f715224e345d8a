"""What the last run of a suite asked of a target, kept in pytest's cache: questions, never answers."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from gonogo.deploy.wire import ssh
from gonogo.deploy.wire.framing import Clock
from gonogo.deploy.wire.prefetch import Prefetch, Question

VERSION = 2
MOST_BYTES = 200_000
"""Questions beyond this are not sent ahead: they would hold up the line."""


Asked = dict[str, list[Question]]


@dataclass(frozen=True)
class Remembered:
    """The questions of a suite by the test that asked, the facts that were needed, the target's clock.

    ``forwards``: the addresses and ports of the target to which connections were made that took long.
    """

    clock: Clock = "none"
    questions: Asked = field(default_factory=dict)
    facts: tuple[str, ...] = ()
    forwards: tuple[tuple[str, int], ...] = ()

    @property
    def prefetch(self) -> Prefetch:
        """The questions, to be sent."""
        size, sent = 0, []
        for question in (one for asked in self.questions.values() for one in asked):
            more = len(question.command) + len(question.stdin or "") * 4 // 3
            if size + more < MOST_BYTES:
                size += more
                sent.append(question)
        return Prefetch(sent, self.clock, self.forwards)

    def after(
        self,
        clock: Clock,
        asked: dict[str, list[Question]],
        facts: Iterable[str],
        redact: Callable[[str], str],
        forwards: Iterable[tuple[str, int]] = (),
    ) -> Remembered:
        """Return what is to be remembered after a run in which the tests in ``asked`` ran.

        What tests asked that did not run this time stays. What holds a secret is forgotten.
        """
        clean = {test: [q for q in questions if _clean(q, redact)] for test, questions in asked.items()}
        kept = {**self.questions, **clean}
        found = {test: questions for test, questions in kept.items() if questions}
        asked_for = tuple(sorted(key for key in facts if redact(key) == key))
        return Remembered(clock, found, asked_for, tuple(sorted(forwards)))


def file_of(cache: Path, host: str, config_file: Path | None, suites: Iterable[str]) -> Path:
    """Return the file for a target and the suites that run, in the folder that pytest's cache gave us."""
    return cache / f"{ssh.identity(host, config_file)}-{'-'.join(sorted(suites))}.json"


def load(file: Path) -> Remembered:
    """Return what a file remembers; nothing where it is missing or of another version."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        raw: dict[str, Any] = json.loads(file.read_bytes())
        if raw["version"] == VERSION:
            questions = {test: [Question(**one) for one in asked] for test, asked in raw["questions"].items()}
            forwards = tuple((str(host), int(port)) for host, port in raw["forwards"])
            return Remembered(raw["clock"], questions, tuple(raw["facts"]), forwards)
    return Remembered()


def save(file: Path, remembered: Remembered) -> None:
    """Write it, whole or not at all, for this user alone; a full disk costs speed and no more."""
    part = file.with_suffix(f".{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            json.dump({"version": VERSION, **asdict(remembered)}, out)
        part.replace(file)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink()


def _clean(question: Question, redact: Callable[[str], str]) -> bool:
    texts = (question.command, question.stdin or "")
    return all(redact(text) == text for text in texts)
