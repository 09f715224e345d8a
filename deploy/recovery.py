"""Ways back and on: to an earlier release that is on the target, or to the end of a run that was cut off."""

from __future__ import annotations

from pathlib import Path

from deploy import again, history, lock, release, runner, safekeeping, steps, switch
from deploy.ending import Ended
from deploy.errors import GonogoError
from deploy.history import Run
from deploy.journal import Journal
from deploy.progress import Progress
from deploy.release import BACK
from deploy.rollback import gather_logs
from deploy.runner import INTERRUPTED, PUBLISHED
from deploy.target import Target
from deploy.undertaking import Undertaking
from reports.model import Release


def rollback(target: Target, progress: Progress, *, to: str = "", published: Path = PUBLISHED) -> Release:
    """Go back to the release before the one that runs, or to ``to``, and return the record.

    Configuration and images are that release's, by id; only what differs is replaced; no data is touched.
    Where it fails, what ran before is started again.
    """
    run = runner.undertaking(target, progress, version=f"{BACK}{release.now():%Y%m%d-%H%M%S}")
    return runner.carry_out(run, lambda it: runner.under_lock(it, lambda it: _watched(it, to)), published)


def resume(target: Target, progress: Progress, *, published: Path = PUBLISHED) -> Release:
    """Bring a run that was cut off to its end, and return the record.

    Where nothing was changed yet, what it left is removed. Where services were being replaced, the rest of
    them is; where it was on its way back, it goes on back. What fails goes back.
    """
    run = runner.undertaking(target, progress, version=f"resume-{release.now():%Y%m%d-%H%M%S}")
    return runner.carry_out(run, _taken_over, published)


def _watched(run: Undertaking, to: str) -> Ended:
    with run.watched():
        return _rollback(run, to)


def _rollback(run: Undertaking, to: str) -> Ended:
    now = release.current(run.connection, run.target)
    if not now:
        raise GonogoError("no release is recorded as running: there is none to go back from")
    goal = to or again.load(run, now).previous
    if not goal or goal == now:
        raise GonogoError(
            f"{now} runs already" if goal else f"{now} is the first release: there is none before it"
        )
    run.record.previous = now
    surplus = again.load(run, now).images
    again.load(run, goal)
    run.journal = Journal(run.connection, run.target, run.version)
    safekeeping.baseline(run)
    model = again.prepare(run, goal, surplus)
    safekeeping.untouched(run)
    if leaving := [change.service for change in run.changes if change.action != "unchanged"]:
        gather_logs(run, leaving)
    try:
        done = again.start(run, goal, model)
        steps.verify(run, goal)
        return Ended("deployed", 0, f"back to {goal}: {done}; verified")
    except (GonogoError, KeyboardInterrupt) as error:
        return _back(run, error)


def _taken_over(run: Undertaking) -> Ended:
    runner.connect(run)
    last = history.unfinished(history.runs(run.connection, run.target))
    held = lock.look(run.connection, run.target)
    if held and held.dead and last:
        lock.remove(run.connection, run.target)
        run.note(f"took over the lock: {held.told}")
    return runner.under_lock(run, lambda it: _resumed(it, last))


def _resumed(run: Undertaking, last: Run | None) -> Ended:
    if last is None:
        raise GonogoError("nothing to resume: the last run on this target came to its end")
    now = release.current(run.connection, run.target)
    run.journal = Journal(run.connection, run.target, last.version)
    run.record.version = last.version
    run.note(f"resumed {last.version}, which {last.told}")
    if not last.switched:
        if last.version != now:
            steps.discard(run)
        return Ended(
            "failed-unchanged",
            GonogoError.exit_code,
            f"{last.version} was cut off in the step {last.step!r}, before anything was changed, and what it "
            f"left was removed: run `gonogo deploy {run.target.name}`",
        )
    own = last.goal == last.version
    run.record.previous = again.load(run, last.goal).previous if own else now
    run.baseline_ = release.load_baseline(run.connection, run.target, last.version)
    run.switched = list(last.switched)
    if last.step.startswith(("rollback", "verify after rollback")):
        return _back(run, GonogoError("it was on its way back"))
    try:
        model = again.prepare(run, last.goal)
        done = again.start(run, last.goal, model)
        steps.verify(run, last.goal)
        return Ended("deployed", 0, f"resumed {last.goal}: {done}; verified")
    except (GonogoError, KeyboardInterrupt) as error:
        return _back(run, error)


def _back(run: Undertaking, error: BaseException) -> Ended:
    """Start again what ran before this run, or, where nothing did, remove what it made."""
    why = str(error) or "interrupted"
    on = f"run `gonogo resume {run.target.name}`"
    try:
        gather_logs(run)
        with run.step("rollback", run.record.previous) as note:
            note.detail = _restart(run)
        if run.record.previous:
            steps.verify(run, run.record.previous, "verify after rollback")
    except GonogoError as failed:
        return Ended("rollback-failed", 5, f"{why}; and the way back failed: {failed}; mend that, and {on}")
    except KeyboardInterrupt:
        return Ended("interrupted", INTERRUPTED, f"{why}; interrupted on the way back: {on}")
    told = f"{why}; {note.detail}; verified"
    if isinstance(error, KeyboardInterrupt):
        return Ended("interrupted", INTERRUPTED, told)
    return Ended("rolled-back", 4, told)


def _restart(run: Undertaking) -> str:
    own = not run.version.startswith(BACK)
    made = again.load(run, run.version).images if own else run.images
    if previous := run.record.previous:
        return again.start(run, previous, again.prepare(run, previous, made))
    run.facts.forget("containers")
    switch.remove(run.connection, [one for one in run.facts.running if one.service in made])
    release.make_current(run.connection, run.target, "")
    return f"removed the containers of {', '.join(sorted(made))}; volumes stay"
