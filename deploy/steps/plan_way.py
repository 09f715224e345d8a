"""The plan of the way to a release that is on the target, from what runs."""

from __future__ import annotations

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.steps import baseline, difference
from gonogo.deploy.steps.run import Run
from gonogo.deploy.steps.step import Step
from gonogo.deploy.switch import goal as goals
from gonogo.deploy.switch import login_of_then
from gonogo.deploy.switch.course import planned


class PlanWay(Step):
    """Plan what leads to the goal of the run; raises GonogoError where it is not there whole.

    So it does where its images are gone, where it would mount other volumes than its services have now (L3,
    L4), where its login is refused by the database of now, and where it runs already.
    """

    def do(self, run: Run) -> None:
        """Plan it; what a run has changed already counts as what runs."""
        with run.step("plan", run.goal) as note:
            goal = goals.recorded(run.release, run.goal, run.note, fresh=run.goal == run.version)
            assert goal.record and goal.model
            run.host.containers.refresh()
            goals.prove(run.release, goal, run.release.running)
            run.course = planned(run, goal, made=run.made, left="" if goal.fresh else run.record.previous)
            run.images, run.once = dict(goal.record.images), goal.model.one_shots()
            run.made |= set(goal.record.images)
            run.record.commit = goal.record.commit
            run.changed(run.course.changes)
            note.detail = run.course.told
        difference.tell_again(run, run.goal, goal.model)
        if run.changing:
            return
        if run.goal == run.record.previous and all(one.action == "unchanged" for one in run.changes):
            raise GonogoError(f"{run.goal} runs already, as it was recorded")
        if refused := login_of_then.refused(run.release, goal):
            raise GonogoError(refused)
        baseline.untouched(run)
