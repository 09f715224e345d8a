"""The parting from a target whose connection was lost: what is left behind there, and what is not."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gonogo.deploy import runner
from gonogo.deploy.errors import ConnectionFailed, GonogoError
from gonogo.deploy.progress import Progress
from gonogo.deploy.release import history, lock, records
from gonogo.deploy.release.journal import Journal
from gonogo.deploy.release.locking import Lock
from gonogo.deploy.release.records import Record
from gonogo.deploy.release.release import Release
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.steps import cleanup, driver, switch
from gonogo.deploy.steps.report_step import Ended
from gonogo.deploy.steps.run import Run
from gonogo.deploy.steps.step import Step
from gonogo.deploy.switch import goal as goals
from gonogo.deploy.switch.course import Course
from gonogo.deploy.target.target import Target
from tests.unit.stacks import target

UNCHANGED = Ended("failed-unchanged", 3, "the connection was lost; nothing was changed")
HALF = Ended("rollback-failed", 5, "the connection was lost; and the rollback failed")


class Doing(Step):
    """A step of a test."""

    def __init__(
        self, do: Callable[[Run], object] = lambda _: None, undo: Callable[[Run], object] = lambda _: None
    ) -> None:
        self._do, self._undo = do, undo

    def do(self, run: Run) -> None:
        self._do(run)

    def undo(self, run: Run) -> None:
        self._undo(run)


def opened(there: Target) -> Run:
    run = driver.new_run(there, Progress(io.StringIO()), version="v2")
    run.connection_ = Connection.open(there)
    run.release_ = Release(there, run.connection, run.redactor)
    return run


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """A run that holds the lock of a folder of this machine and has begun its journal."""
    run = opened(target(tmp_path, path=str(tmp_path)))
    run.lock = Lock(run.connection, run.target, run.version)
    assert run.lock.take()
    run.journal = Journal(run.connection, run.target, run.version)
    run.journal.write("transfer", "begun")
    yield run
    run.connection.close()
    run.work.rmdir()


def cut(run: Run) -> None:
    run.connection._executor.fail("the connection was lost")


def seen(there: Target) -> tuple[bool, history.JournalledRun]:
    """Return whether the lock is held, and what the journal tells of the newest run."""
    with Connection.open(there) as connection:
        return lock.look(connection, there.deploy_path) is not None, history.runs(connection, there)[0]


@pytest.mark.parametrize("ended", [UNCHANGED, Ended("interrupted", 130, ""), Ended("deployed", 0, "")])
def test_after_a_cut_the_end_is_journalled_and_the_lock_given_back(run: Run, ended: Ended) -> None:
    cut(run)
    cleanup.part(run, ended)
    held, last = seen(run.target)
    assert (held, last.outcome, history.unfinished([last])) == (False, ended.verdict, None)
    assert [note.startswith("the connection was lost; it was opened once more") for note in run.record.notes]


@pytest.mark.parametrize("ended", [HALF, Ended("interrupted", 130, "")])
def test_what_is_half_replaced_stays_locked_and_unfinished(run: Run, ended: Ended) -> None:
    assert run.journal
    run.journal.write("switch api", "begun")
    run.journal.write("switch api", "done")
    run.switched = ["api"]
    cut(run)
    cleanup.part(run, ended)
    held, last = seen(run.target)
    assert (held, history.unfinished([last]), last.switched) == (True, last, ("api",))
    assert any("run `gonogo unlock" in note for note in run.record.notes)


def test_a_line_that_is_still_down_leaves_all_as_it_is(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[float] = []

    def down(there: Target, **_: Any) -> Connection:
        tried.append(there.thresholds.connect_timeout_s)
        raise ConnectionFailed("cannot reach it")

    cut(run)
    with monkeypatch.context() as patched:
        patched.setattr(Connection, "open", down)
        patched.setattr(cleanup, "AGAIN_S", 0.0)
        with pytest.raises(ConnectionFailed):
            cleanup.undo(run, [Doing(undo=lambda one: one.connection.check("true"))])
        cleanup.part(run, UNCHANGED)
    held, last = seen(run.target)
    assert (held, history.unfinished([last])) == (True, last)
    assert len(tried) == 1, "nobody waits for it twice"


def test_a_lock_that_is_anothers_by_now_is_not_ours_to_give_back(run: Run) -> None:
    file = Path(str(run.target.deploy_path / "lock"))
    theirs = json.dumps({**json.loads(file.read_text()), "run": "another", "version": "v3"})
    file.write_text(theirs)
    cut(run)
    cleanup.part(run, UNCHANGED)
    assert (file.read_text(), seen(run.target)[1].outcome) == (theirs, "")


def test_what_a_release_left_is_cleared_over_the_new_connection_or_the_run_is_not_over(run: Run) -> None:
    cleared: list[Connection] = []

    def undo(one: Run) -> None:
        one.connection.check("true")
        cleared.append(one.connection)

    before = run.connection
    cut(run)
    cleanup.undo(run, [Doing(undo=undo)])
    assert cleared == [run.connection] != [before]
    with pytest.raises(GonogoError, match="ended with 1"):
        cleanup.undo(run, [Doing(undo=lambda one: one.connection.check("false"))])
    cleanup.part(run, UNCHANGED)
    held, last = seen(run.target)
    assert (held, history.unfinished([last])) == (False, last)


def test_a_lock_whose_writing_was_cut_off_counts_as_held(tmp_path: Path) -> None:
    run = opened(target(tmp_path, path=str(tmp_path)))
    real = run.connection.run

    def lost(command: str, **given: Any) -> None:
        real(command, **given)
        cut(run)
        raise ConnectionFailed("the connection was lost; whether it took effect is not known")

    run.connection.run = lost  # type: ignore[method-assign, assignment]
    run.lock = Lock(run.connection, run.target, run.version)
    with pytest.raises(ConnectionFailed):
        run.lock.take()
    cleanup.part(run, UNCHANGED)
    run.connection.close()
    run.work.rmdir()
    assert [one.name for one in tmp_path.rglob("*")] == [".deploy"]


def test_a_resumed_run_ends_the_one_that_was_cut_off_only_when_it_went_on_with_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run.journal
    run.journal.previous = "v1"
    for state in ("begun", "done"):
        run.journal.write("switch api", state)
    (last,) = history.runs(run.connection, run.target)
    run.journal, run.record.version = None, "resume-1"
    with pytest.raises(GonogoError, match="there is no release v2"):
        driver.work(run, runner.of_resume(last))
    assert run.journal is None, "an end that is written now would hide that api is half done"
    record = Record(version="v2", previous="v1", commit="c0ffee", created="", project="shop")
    records.save(run.connection, run.target, "v2", records.RECORD, record)
    monkeypatch.setattr(goals, "load", lambda *_: record)
    tried: list[tuple[str, bool]] = []

    def recorded(_: object, version: str, *__: object, fresh: bool = False) -> None:
        tried.append((version, fresh))
        raise KeyboardInterrupt

    monkeypatch.setattr(goals, "recorded", recorded)
    monkeypatch.setattr(switch, "gather_logs", lambda *_: None)
    ended = driver.work(run, runner.of_resume(last))
    cleanup.part(run, ended)
    assert tried == [("v2", True), ("v1", False)], "on first, and then back"
    assert (run.version, run.record.version, run.record.commit) == ("v2", "resume-1", "c0ffee")
    last = seen(run.target)[1]
    assert (last.outcome, history.unfinished([last])) == ("interrupted", last)


def test_a_run_that_is_cut_before_the_switch_comes_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = opened(target(tmp_path, path=str(tmp_path)))
    tried: list[bool] = []

    def adopt(one: Run) -> None:
        with one.step("adopt"):
            cut(one)
            one.connection.check("true")

    def discard(one: Run) -> None:
        tried.append(one.connection.lost)
        one.connection.check("true")

    monkeypatch.setattr(driver, "connect", lambda _: None)
    steps = [Doing(Run.begin_journal, discard), Doing(adopt)]
    ended = driver.under_lock(run, lambda one: driver.work(one, steps))
    assert (ended.verdict, tried) == ("failed-unchanged", [True, False])
    assert ended.summary == "the connection was lost; nothing was changed"
    held, last = seen(run.target)
    assert (held, last.outcome, last.step, history.unfinished([last])) == (
        False,
        ended.verdict,
        "adopt",
        None,
    )
    run.connection.close()
    run.work.rmdir()


def test_an_interrupt_while_logs_are_read_after_the_switch_is_told_as_what_it_is(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run.lock
    run.lock.give_back()

    def start(one: Run, _: object) -> None:
        with one.step("switch api"):
            one.switched.append("api")
        raise GonogoError("web was not started")

    def interrupted(_: Run) -> None:
        raise KeyboardInterrupt

    run.course = Course(goals.nothing(run.target, ""), [])
    monkeypatch.setattr(driver, "connect", lambda _: None)
    monkeypatch.setattr(switch, "converge", start)
    monkeypatch.setattr(switch, "gather_logs", interrupted)
    ended = driver.under_lock(run, lambda one: driver.work(one, runner.CHANGE))
    assert (ended.verdict, "run `gonogo resume" in ended.summary) == ("interrupted", True)
    held, last = seen(run.target)
    assert (held, history.unfinished([last]), last.told.partition(";")[0]) == (False, last, "never got back")
