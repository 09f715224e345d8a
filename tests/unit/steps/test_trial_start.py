"""The step of trial starts: what it fails for, what it only warns of, and what it leaves alone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.steps.run import Note, Run
from gonogo.deploy.steps.trial_start import TrialStart
from gonogo.deploy.switch import trial
from gonogo.deploy.switch.trial import Trial
from tests.unit import stacks


class Made:
    """A run that starts some services; ``notes``: its notes, and the detail of its step."""

    def __init__(self, *services: str) -> None:
        self.target, self.connection, self.release = stacks.target(), self, None
        self.way = SimpleNamespace(started=[SimpleNamespace(service=name) for name in services], goal=None)
        self.notes: list[str] = []
        self.asked: list[str] = []
        self.progress = SimpleNamespace(warning=self.notes.append)
        self.redactor = str

    def check(self, line: str, **_: Any) -> None:
        self.asked.append(line)

    def note(self, text: str) -> None:
        self.notes.append(text)

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[Note]:
        note = Note()
        yield note
        self.notes.append(f"{name}: {note.detail}")


def done(monkeypatch: pytest.MonkeyPatch, run: Made, *found: Trial) -> None:
    monkeypatch.setattr(trial, "trials", lambda *_: list(found))
    TrialStart().do(cast(Run, run))


def test_what_the_engine_refuses_fails_before_anything_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [Trial("api", refused="devices: no /dev/x"), Trial("web"), Trial("db", refused="cpus: too many")]
    told = "web: the engine would not set up api: devices: no /dev/x; db: cpus: too many: put it right"
    target = stacks.target(host="web")
    run = Made("api", "web", "db")
    run.target = target
    with pytest.raises(GonogoError, match=told):
        done(monkeypatch, run, *found)
    assert len(run.asked) == 2, "what was there before and after is removed"


def test_what_was_not_tried_is_told_and_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Made("api", "web")
    done(monkeypatch, run, Trial("api", not_tried="unknown flag"), Trial("web"))
    told = "whether the engine can start api was not looked at: unknown flag"
    assert run.notes == [told, told, "trial start: the engine can set up web"]
    alone = Made("api")
    done(monkeypatch, alone, Trial("api", not_tried="unknown flag"))
    assert alone.notes[-1] == "trial start: not looked at"


def test_nothing_is_tried_where_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Made()
    done(monkeypatch, run)
    assert (run.notes, run.asked) == ([], [])


def test_what_a_run_that_was_cut_off_left_is_found_by_the_projects_mark() -> None:
    run = Made()
    TrialStart().undo(cast(Run, run))
    assert "--filter label=gonogo.throwaway=gonogo-trial-shop" in run.asked[0]
