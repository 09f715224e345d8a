"""The goal of a rollback: which release it leads to, and from which."""

from __future__ import annotations

from gonogo.deploy.release import choice, history, records
from gonogo.deploy.steps.run import Run
from gonogo.deploy.steps.step import Step


class ChooseGoal(Step):
    """Choose the release to go to; raises GonogoError where there is none that was verified."""

    def __init__(self, to: str = "") -> None:
        self._to = to

    def do(self, run: Run) -> None:
        """Choose it, and begin the journal."""
        found = history.runs(run.connection, run.target, self._to)
        now = records.current(run.connection, run.target)
        run.goal = choice.chosen(run.release, now, found, self._to)
        run.record.previous, cut = now, history.unfinished(found)
        run.made = choice.services(run.release, now)
        if cut and cut.switched:
            run.made |= {*cut.switched, *choice.services(run.release, cut.goal)}
        run.leading = f"back to {run.goal}: "
        run.begin_journal()
