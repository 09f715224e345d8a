"""A run that was cut off is gone on with: what is known of it is read from its journal."""

from __future__ import annotations

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.release import choice, records
from gonogo.deploy.release.history import JournalledRun
from gonogo.deploy.steps import cleanup
from gonogo.deploy.steps.report_step import Ended
from gonogo.deploy.steps.run import Run
from gonogo.deploy.steps.step import Step
from gonogo.deploy.steps.switch import remember
from gonogo.deploy.switch import goal as goals
from gonogo.deploy.target import target_file

UNMEASURED = "the downtime of the run that was cut off is not known: what is told is that of this run alone"


class TakeOver(Step):
    """Go on as a run that was cut off while it changed something; its baseline is kept as it was."""

    def __init__(self, last: JournalledRun) -> None:
        self._last = last

    def do(self, run: Run) -> None:
        """Read all that is needed, and only then go on in its journal: else its end is not this run's."""
        last, now = self._last, records.current(run.connection, run.target)
        run.note(f"resumed {last.version}, which {last.told}")
        own, record = last.goal == last.version, goals.load(run.release, last.goal)
        previous = record.previous if own else now
        run.record.previous = last.previous if last.previous is not None else previous
        run.goal, run.record.commit, run.made = last.goal, record.commit, set(record.images)
        run.baseline_ = records.load_baseline(run.connection, run.target, last.version)
        run.switched = list(last.switched)
        if last.switched:
            run.note(UNMEASURED)
            run.progress.warning(UNMEASURED)
        if not own and run.record.previous:
            run.made |= choice.services(run.release, run.record.previous)
        run.made |= {*last.switched}
        run.leading, run.changing = f"resumed {run.goal}: ", True
        remember(run)
        run.take_up(last)


class Clear(Step):
    """Remove what a run left that was cut off before it changed anything: undo all the steps of one."""

    def __init__(self, last: JournalledRun, steps: tuple[Step, ...]) -> None:
        self._last, self._steps = last, steps

    def do(self, run: Run) -> Ended:
        """Undo them, unless its release is the one that counts as running; the run ends with that."""
        last, name = self._last, target_file.called(run.target)
        run.note(f"resumed {last.version}, which {last.told}")
        now = records.current(run.connection, run.target)
        run.take_up(last)
        told = f"it is current, and nothing had to change for it: run `gonogo verify {name}`"
        if last.version != now:
            cleanup.undo(run, self._steps)
            told = f"before anything was changed, and what it left was removed: run `gonogo deploy {name}`"
        cut = f"{last.version} was cut off in the step {last.step!r}"
        return Ended("failed-unchanged", GonogoError.exit_code, f"{cut}, {told}")
