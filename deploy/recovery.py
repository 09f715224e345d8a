"""Ways back and on: to an earlier release that is on the target, or to the end of a run that was cut off."""

from __future__ import annotations

from pathlib import Path

from gonogo.deploy import runner
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.progress import Progress
from gonogo.deploy.release import history, lock
from gonogo.deploy.release import records as release
from gonogo.deploy.release.history import JournalledRun
from gonogo.deploy.release.journal import Journal
from gonogo.deploy.release.records import BACK, RESUMED
from gonogo.deploy.runner import INTERRUPTED
from gonogo.deploy.steps import cleanup, data_steps, deployment, difference
from gonogo.deploy.steps.report_step import Ended
from gonogo.deploy.steps.rollback import gather_logs
from gonogo.deploy.steps.run import Run
from gonogo.deploy.switch import converge
from gonogo.deploy.switch import service as switch
from gonogo.deploy.target import target_file as files
from gonogo.deploy.target.target import Target
from gonogo.reports.model import Release


def rollback(target: Target, progress: Progress, *, to: str = "", published: Path) -> Release:
    """Go back to the release before the one that runs, or to ``to``, and return the record.

    Configuration and images are that release's, by id; only what differs is replaced; no data is touched.
    Where it fails, what ran before is started again.
    """
    run = runner.new_run(target, progress, version=f"{BACK}{release.now():%Y%m%d-%H%M%S}")
    return runner.carry_out(run, lambda it: runner.under_lock(it, lambda it: _watched(it, to)), published)


def resume(target: Target, progress: Progress, *, published: Path) -> Release:
    """Bring a run that was cut off to its end, and return the record.

    Where nothing was changed yet, what it left is removed. Where services were being replaced, the rest of
    them is; where it was on its way back, it goes on back. What fails goes back.
    """
    run = runner.new_run(target, progress, version=f"{RESUMED}{release.now():%Y%m%d-%H%M%S}")
    return runner.carry_out(run, _taken_over, published)


def _watched(run: Run, to: str) -> Ended:
    with run.watched():
        return _rollback(run, to)


def _rollback(run: Run, to: str) -> Ended:
    now = release.current(run.connection, run.target)
    if not now:
        raise GonogoError("no release is recorded as running: there is none to go back from")
    goal = to or converge.load(run, now).previous
    if not goal or goal == now:
        raise GonogoError(
            f"{now} runs already" if goal else f"{now} is the first release: there is none before it"
        )
    run.record.previous = now
    surplus = converge.load(run, now).images
    run.record.commit = converge.load(run, goal).commit
    run.journal = Journal(run.connection, run.target, run.version)
    data_steps.baseline(run)
    model = converge.prepare(run, goal, surplus)
    difference.tell_again(run, goal, model)
    data_steps.untouched(run)
    if leaving := [change.service for change in run.changes if change.action != "unchanged"]:
        gather_logs(run, leaving)
    try:
        done = converge.start(run, goal, model)
        deployment.verify(run, goal)
        return Ended("deployed", 0, f"back to {goal}: {done}; verified")
    except (GonogoError, KeyboardInterrupt) as error:
        return _back(run, error, goal)


def _taken_over(run: Run) -> Ended:
    try:
        runner.connect(run)
        last = history.unfinished(history.runs(run.connection, run.target))
        held = run.host.lock(str(run.target.deploy_path)).held
        if held and held.dead:
            # Without a run in the journal it is that of one which changed nothing: then all is done with it.
            lock.remove(run.connection, run.target)
            run.note(f"{'took over' if last else 'removed'} the lock: {held.told}")
    except deployment.Refused as error:
        return Ended("no-go", error.exit_code, f"{error}; nothing was touched")
    except GonogoError as error:
        return Ended("failed-unchanged", GonogoError.exit_code, f"{error}; nothing was changed")
    return runner.under_lock(run, lambda it: _resumed(it, last))


def _resumed(run: Run, last: JournalledRun | None) -> Ended:
    if last is None:
        raise GonogoError("nothing to resume: the last run on this target came to its end")
    run.note(f"resumed {last.version}, which {last.told}")
    if not last.switched:
        return _cleared(run, last)
    now = release.current(run.connection, run.target)
    own = last.goal == last.version
    goal = converge.load(run, last.goal)
    surplus = {*last.switched, *(converge.load(run, now).images if now and not own else ())}
    run.record.previous = goal.previous if own else now
    run.record.commit = goal.commit
    run.baseline_ = release.load_baseline(run.connection, run.target, last.version)
    run.switched = list(last.switched)
    # Not before all that was needed could be read: the end of a run that did not go on is not its end.
    _journalled(run, last)
    if last.step.startswith(history.WAY_BACK):
        return _back(run, GonogoError(f"{last.version} was on its way back"), last.goal)
    try:
        model = converge.prepare(run, last.goal, surplus)
        difference.tell_again(run, last.goal, model)
        done = converge.start(run, last.goal, model)
        deployment.verify(run, last.goal)
        return Ended("deployed", 0, f"resumed {last.goal}: {done}; verified")
    except (GonogoError, KeyboardInterrupt) as error:
        return _back(run, error, last.goal)


def _cleared(run: Run, last: JournalledRun) -> Ended:
    """Remove what a run left that was cut off before it changed anything."""
    now = release.current(run.connection, run.target)
    _journalled(run, last)
    name = files.called(run.target)
    told = f"it is current, and nothing had to change for it: run `gonogo verify {name}`"
    if last.version != now:
        cleanup.clear(run)
        told = f"before anything was changed, and what it left was removed: run `gonogo deploy {name}`"
    cut = f"{last.version} was cut off in the step {last.step!r}"
    return Ended("failed-unchanged", GonogoError.exit_code, f"{cut}, {told}")


def _journalled(run: Run, last: JournalledRun) -> None:
    """Go on as the run that was cut off; the report keeps a version of its own, beside that run's."""
    run.resumed = last.version
    run.journal = Journal(run.connection, run.target, last.version)


def _back(run: Run, error: BaseException, goal: str) -> Ended:
    """Start again what ran before this run, or, where nothing did, remove what it made of ``goal``."""
    why = str(error) or "interrupted"
    on = f"run `gonogo resume {files.called(run.target)}`"
    try:
        gather_logs(run)
        with run.step("rollback", run.record.previous) as note:
            note.detail = _restart(run, goal)
        if run.way_back:
            deployment.verify(run, run.way_back, "verify after rollback")
    except GonogoError as failed:
        return Ended("rollback-failed", 5, f"{why}; and the way back failed: {failed}; fix that, and {on}")
    except KeyboardInterrupt:
        return Ended("interrupted", INTERRUPTED, f"{why}; interrupted on the way back: {on}")
    told = f"{why}; {note.detail}" + ("; verified" if run.way_back else "")
    if isinstance(error, KeyboardInterrupt):
        return Ended("interrupted", INTERRUPTED, told)
    return Ended("rolled-back", 4, told)


def _restart(run: Run, goal: str) -> str:
    made = converge.load(run, goal).images
    if previous := run.way_back:
        return converge.start(run, previous, converge.prepare(run, previous, made))
    run.host.containers.refresh()
    switch.remove(run.connection, [one for one in run.release.running if one.service in made])
    release.make_current(run.connection, run.target, run.record.previous)
    return f"removed the containers of {', '.join(sorted(made))}; volumes stay"
