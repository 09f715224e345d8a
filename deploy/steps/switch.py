"""The switch: what runs is brought to the goal of the run, and back to what ran before it."""

from __future__ import annotations

import contextlib
from collections.abc import Collection

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.container import Container
from gonogo.deploy.release import records
from gonogo.deploy.release.journal import BACK
from gonogo.deploy.release.plan import ours
from gonogo.deploy.steps import baseline
from gonogo.deploy.steps.run import Run
from gonogo.deploy.steps.step import Step
from gonogo.deploy.switch import goal as goals
from gonogo.deploy.switch import login_of_then
from gonogo.deploy.switch import service as switch
from gonogo.deploy.switch.converge import converge
from gonogo.deploy.switch.course import Course, planned
from gonogo.deploy.switch.goal import Goal


class Switch(Step):
    """Converge to the goal; once this has begun, what fails is not undone but converges back."""

    def do(self, run: Run) -> None:
        """Carry the plan out; the logs of what is removed by a way to an older release are kept."""
        leaving = [change.service for change in run.changes if change.action != "unchanged"]
        if leaving and not run.way.goal.fresh:
            gather_logs(run, leaving)
        remember(run)
        run.changing = True
        run.done = converge(run, run.way)

    def undo(self, run: Run) -> None:
        """Converge back to what ran before this run, as far as this one touched it; raises GonogoError.

        A service that had no container before has its new one removed; volumes are never touched (L2).
        """
        if run.journal:
            run.journal.direction = BACK
        gather_logs(run)
        with run.step("rollback", run.way_back) as note:
            run.done = note.detail = _back(run, _before(run))
        if not run.way_back and (left := [one.name for one in _of(run, run.made) if ours(one, run.target)]):
            raise GonogoError(f"{', '.join(left)} could not be removed")


def _back(run: Run, goal: Goal) -> str:
    """Converge back to a goal; once more where Compose refused a network that is made anew for it then."""
    refused = set(run.refused)
    try:
        return converge(run, _course(run, goal))
    except GonogoError:
        if run.refused <= refused:
            raise
        return converge(run, _course(run, goal))


def _course(run: Run, goal: Goal) -> Course:
    """Return what leads back to a goal; what leaves a network for it is not left alone any more."""
    left = run.goal or run.version
    course = planned(run, goal, touched=run.switched, made=run.made, left=left, back=True)
    anew = {one.name for one in run.release.running if one.service in course.inside}
    if run.baseline_ and anew & run.baseline.untouched.keys():
        kept = {name: life for name, life in run.baseline.untouched.items() if name not in anew}
        run.baseline.untouched = kept
        baseline.save(run)
    return course


def remember(run: Run) -> None:
    """Know the release to go back to, for the case that it cannot be asked for any more; else nothing."""
    with contextlib.suppress(GonogoError):
        previous = run.way_back
        run.before = records.load(run.connection, run.target, previous) if previous else None


def _before(run: Run) -> Goal:
    """Return what ran before this run as a goal; what is known to be wrong with it is a warning."""
    previous = run.way_back
    if not previous and run.baseline_ and run.baseline_.containers:
        raise GonogoError("what ran before is not recorded as a release: there are no files to go back to")
    if not previous:
        return goals.nothing(run.target, run.record.previous)
    goal = goals.recorded(run.release, previous, run.note)
    run.once |= goal.model.one_shots() if goal.model else set()
    if refused := login_of_then.refused(run.release, goal):
        run.foreseen.append(refused)
        run.note(refused)
        run.progress.warning(run.redactor(refused))
    return goal


def gather_logs(run: Run, services: Collection[str] = ()) -> None:
    """Keep inspection and last log lines of what is removed next: the containers of what was switched.

    ``services``: those of these instead. Inspections come first: what they tell of secrets is hidden in the
    logs too. What cannot be read is a note: a way back waits for no log.
    """
    try:
        found = _of(run, services or run.switched)
        run.record.inspections |= run.host.containers.inspected(found)
        told = switch.logs(run.connection, found)
        run.record.logs |= told
        if lacking := [one.name for one in found if one.name not in told]:
            run.note(f"the logs of {', '.join(lacking)} cannot be read")
    except GonogoError as error:
        run.note(f"the containers' logs could not be read: {error}")


def _of(run: Run, services: Collection[str]) -> list[Container]:
    run.host.containers.refresh()
    found = run.host.project(run.target.project).containers
    return [one for one in found if one.service in services]
