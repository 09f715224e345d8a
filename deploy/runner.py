"""The runner: it orders the steps of a deployment, goes back when one fails, and publishes the report."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from gonogo.deploy.errors import ConnectionFailed, GonogoError
from gonogo.deploy.host import local_git
from gonogo.deploy.progress import Progress
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release import records as release
from gonogo.deploy.release import retention
from gonogo.deploy.release.journal import Journal
from gonogo.deploy.release.locking import Lock, Locked
from gonogo.deploy.release.versions import Taken
from gonogo.deploy.steps import cleanup, data_steps, deployment, report_step
from gonogo.deploy.steps.adopt import adopt
from gonogo.deploy.steps.report_step import Ended
from gonogo.deploy.steps.rollback import RollbackFailed, data_lost, gather_logs, roll_back
from gonogo.deploy.steps.run import Run
from gonogo.deploy.target import target_file
from gonogo.deploy.target.target import Target
from gonogo.reports.model import Release

INTERRUPTED = 130


def deploy(  # noqa: PLR0913  each is a choice of the caller's alone
    target: Target,
    progress: Progress,
    *,
    skip_build: bool = False,
    strict: bool = False,
    version: str = "",
    confirm: Callable[[], bool] | None = None,
    published: Path,
) -> Release:
    """Deploy what lies in the target's ``source`` and return the record, whose report is published.

    Raises Taken where ``version`` is on the target already; every other failure that a user can fix is a
    verdict with an exit code (see the command line's help). The target is untouched unless the preflight
    suite passed. ``strict``: warnings are errors. ``version``: by default that of what lies there; with
    ``skip_build`` the images that were built as it are taken. ``confirm``: asked once, after preflight and
    when the plan was shown.
    """
    run = new_run(target, progress, skip_build=skip_build, strict=strict, version=version)
    work = partial(_checked, confirm=confirm, named=bool(version))
    return carry_out(run, lambda it: under_lock(it, work), published)


def plan(  # noqa: PLR0913  as above
    target: Target,
    progress: Progress,
    *,
    skip_build: bool = False,
    strict: bool = False,
    version: str = "",
    published: Path,
) -> Release:
    """Run preflight and tell what ``deploy`` would do; returns the record, whose report is published.

    Nothing is locked, built, sent or written on the target. Its exit code is 0 for go and 1 for no-go.
    """
    run = new_run(target, progress, skip_build=skip_build, strict=strict, version=version)
    return carry_out(run, partial(_foreseen, named=bool(version)), published, away=False)


def carry_out(run: Run, work: Callable[[Run], Ended], published: Path, *, away: bool = True) -> Release:
    """Do ``work``, report how it ended, and return the record; ``away``: the report is sent on, too."""
    try:
        return report_step.report(run, work(run), published, away=away)
    finally:
        if run.connection_:
            run.connection_.close()
        shutil.rmtree(run.work, ignore_errors=True)


def new_run(
    target: Target, progress: Progress, *, skip_build: bool = False, strict: bool = False, version: str = ""
) -> Run:
    """Return a new run; ``version``: by default that of a release of what lies in ``source``."""
    at = release.now()
    record = Release(
        target=target.name,
        host=target.host,
        project=target.project,
        version=version or release.version(target.source, at),
        commit=local_git.known(target.source, "rev-parse", "HEAD"),
        method=target.method,
        verdict="interrupted",
        exit_code=INTERRUPTED,
        started_at=at.isoformat(timespec="seconds"),
    )
    work = Path(tempfile.mkdtemp(prefix="gonogo-"))
    run = Run(target, progress, Redactor(), record, work, skip_build=skip_build, strict=strict)
    run.images_of = version if skip_build else ""
    return run


def _foreseen(run: Run, *, named: bool) -> Ended:
    try:
        connect(run)
        if named:
            _unused(run)
        deployment.preflight(run)
        return Ended(
            "go", 0, f"preflight passed; this was the plan, nothing was touched: {deployment.foresee(run)}"
        )
    except KeyboardInterrupt:
        return Ended("interrupted", INTERRUPTED, "interrupted; nothing was touched")
    except Taken:
        raise
    except GonogoError as error:
        return Ended("no-go", deployment.Refused.exit_code, f"{error}; nothing was touched")


def _unused(run: Run) -> None:
    """Raise Taken where the version that was given names a release that is on the target.

    Its folder would be written over, and removed where this run fails; its report would be replaced, too.
    """
    if run.version in release.listed(run.connection, run.target):
        raise Taken(
            f"the release {run.version} is on {run.target.host} already: go to it with `gonogo rollback "
            f"{target_file.called(run.target)} --to {run.version}`, or give what is deployed another version"
        )


def connect(run: Run) -> None:
    """Open the connection; raises Refused where there is none, which preflight tells in its own words.

    Raises ConnectionFailed where preflight found one, and it is gone again.
    """
    try:
        run.connect()
    except ConnectionFailed:
        deployment.preflight(run)
        run.connect()


def under_lock(run: Run, work: Callable[[Run], Ended]) -> Ended:
    """Do ``work`` while this run holds the target's lock; its end is journalled before that is free."""
    try:
        ended = Ended("interrupted", INTERRUPTED, "ended by a fault of gonogo's own")
        try:
            connect(run)
            run.lock = lock = Lock(run.connection, run.target, run.version)
            with run.step("lock") as note:
                note.detail = "taken" if lock.take() else "not taken: the target's folder is not there"
            ended = work(run)
        except Locked as error:
            ended = Ended("locked", error.exit_code, str(error))
        except deployment.Refused as error:
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


def _checked(run: Run, *, confirm: Callable[[], bool] | None, named: bool) -> Ended:
    if named:
        _unused(run)
    deployment.preflight(run)
    if confirm:
        deployment.foresee(run)
        if not confirm():
            return Ended(
                "no-go", deployment.Refused.exit_code, "nobody said yes to the plan; nothing was touched"
            )
    return _prepared(run)


def _prepared(run: Run) -> Ended:
    """Everything after a preflight that passed: from here on there is something to clean up."""
    run.record.previous = release.current(run.connection, run.target)
    with ExitStack() as stack:
        try:
            journal = Journal(run.connection, run.target, run.version)
            if run.target.method == "on-server":
                run.journal = journal  # there, a build that is cut off leaves something
            deployment.build(run)
            run.journal = journal
            adopt(run)
            deployment.transfer(run)
            data_steps.baseline(run)
            data_steps.backup(run)
            stack.enter_context(run.watched())
            deployment.settle(run)
            data_steps.untouched(run)
        except BaseException:
            try:
                cleanup.clear(run)
            except GonogoError as error:
                on = f"; run `gonogo resume {target_file.called(run.target)}`" if run.journal else ""
                run.note(f"what {run.version} left could not be removed: {error}{on}")
            raise
        return _switched(run)


def _switched(run: Run) -> Ended:
    """The switch and what follows it: success, or the way back."""
    try:
        deployment.start(run)
        deployment.verify(run, run.version)
    except GonogoError as error:
        return _back(run, str(error), None)
    except KeyboardInterrupt:
        return _back(run, "interrupted", Ended("interrupted", INTERRUPTED, ""))
    retention.finish(run)
    changed = [change.service for change in run.changes if change.touched]
    told = f"replaced {', '.join(changed)}" if changed else "nothing had to change"
    return Ended("deployed", 0, f"{told}; verified")


def _back(run: Run, why: str, interrupted: Ended | None) -> Ended:
    try:
        gather_logs(run)
        done = roll_back(run)
    except RollbackFailed as failed:
        told = f"{why}; and the rollback failed: {failed}{data_lost(run)}"
        return Ended("rollback-failed", failed.exit_code, told)
    except KeyboardInterrupt:
        return Ended(
            "interrupted",
            INTERRUPTED,
            f"{why}; interrupted on the way back: run `gonogo resume {target_file.called(run.target)}`",
        )
    done += data_lost(run)
    if interrupted:
        interrupted.summary = f"{why}; {done}"
        return interrupted
    end = "verified" if run.way_back else "nothing ran before it" if not run.record.previous else ""
    return Ended("rolled-back", 4, "; ".join(filter(None, (why, done, end))))
