"""How a list of steps is run: under the target's lock, undone or gone back from, and reported."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from gonogo.deploy.errors import ConnectionFailed, GonogoError
from gonogo.deploy.host import local_git
from gonogo.deploy.progress import Progress
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release import records
from gonogo.deploy.release.locking import Lock, Locked
from gonogo.deploy.release.versions import Taken
from gonogo.deploy.steps import cleanup, report_step
from gonogo.deploy.steps.preflight import Preflight
from gonogo.deploy.steps.report_step import INTERRUPTED, Ended
from gonogo.deploy.steps.run import Run
from gonogo.deploy.steps.step import Step
from gonogo.deploy.steps.suites import Refused
from gonogo.deploy.steps.way_back import go_back
from gonogo.deploy.target import target_file
from gonogo.deploy.target.target import Target
from gonogo.reports.model import Release


def carry_out(run: Run, done: Callable[[Run], Ended], published: Path, *, away: bool = True) -> Release:
    """Do a run, report how it ended, and return the record; ``away``: the report is sent on, too."""
    try:
        return report_step.report(run, done(run), published, away=away)
    finally:
        if run.connection_:
            run.connection_.close()
        shutil.rmtree(run.work, ignore_errors=True)


def new_run(
    target: Target, progress: Progress, *, skip_build: bool = False, strict: bool = False, version: str = ""
) -> Run:
    """Return a new run; ``version``: by default that of a release of what lies in ``source``."""
    at = records.now()
    record = Release(
        target=target.name,
        host=target.host,
        project=target.project,
        version=version or records.version(target.source, at),
        commit=local_git.known(target.source, "rev-parse", "HEAD"),
        method=target.method,
        verdict="interrupted",
        exit_code=INTERRUPTED,
        started_at=at.isoformat(timespec="seconds"),
    )
    folder = Path(tempfile.mkdtemp(prefix="gonogo-"))
    run = Run(target, progress, Redactor(), record, folder, skip_build=skip_build, strict=strict)
    run.images_of, run.named = version if skip_build else "", bool(version)
    return run


def work(run: Run, steps: Iterable[Step]) -> Ended:
    """Do steps in their order; returns how that ended. Raises what failed before anything was changed."""
    begun: list[Step] = []
    with run.open:
        try:
            for step in steps:
                begun.append(step)
                if ended := step.do(run):
                    return ended
        except BaseException as error:
            if run.changing and isinstance(error, GonogoError | KeyboardInterrupt):
                return go_back(run, error)
            if not run.changing:
                cleanup.undo_after(run, begun)
            raise
    return Ended("deployed", 0, f"{run.leading}{run.done}; verified")


def under_lock(run: Run, work: Callable[[Run], Ended]) -> Ended:
    """Do ``work`` while this run holds the target's lock; its end is journalled before that is free."""
    try:
        ended = Ended("interrupted", INTERRUPTED, "ended by a fault of gonogo's own")
        try:
            connect(run)
            run.lock = taken = Lock(run.connection, run.target, run.version)
            with run.step("lock") as note:
                note.detail = "taken" if taken.take() else "not taken: the target's folder is not there"
            ended = work(run)
        except Locked as error:
            ended = Ended("locked", error.exit_code, str(error))
        except Refused as error:
            ended = Ended("no-go", error.exit_code, f"{error}; nothing was touched")
        except Taken:
            raise
        except GonogoError as error:
            ended = Ended("failed-unchanged", GonogoError.exit_code, f"{error}; nothing was changed")
        except KeyboardInterrupt:
            on = f"interrupted: run `gonogo resume {target_file.called(run.target)}`"
            told = on if run.switched else "interrupted before anything was changed"
            ended = Ended("interrupted", INTERRUPTED, told)
        return ended
    finally:
        if run.lock:
            cleanup.part(run, ended)


def connect(run: Run) -> None:
    """Open the connection; raises Refused where there is none, which preflight tells in its own words.

    Raises ConnectionFailed where preflight found one, and it is gone again.
    """
    try:
        run.connect()
    except ConnectionFailed:
        Preflight().do(run)
        run.connect()
