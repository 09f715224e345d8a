"""The trial start: what the engine would refuse at the start of a service is learnt before one is stopped."""

from __future__ import annotations

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.steps.run import Run
from gonogo.deploy.steps.step import Step
from gonogo.deploy.switch import trial


class TrialStart(Step):
    """Have the engine set up each service that is started anew, without running anything of it.

    Raises GonogoError with the engine's words where it refuses one: nothing was stopped yet.
    """

    def do(self, run: Run) -> None:
        """Try them all, and say which; a trial that could not be made is a warning."""
        names = [change.service for change in run.way.started]
        if not names or not run.target.releases.trial_start:
            return
        with run.step("trial start") as note:
            trial.clear(run.connection, run.target)
            found = trial.trials(run.release, run.way)
            trial.clear(run.connection, run.target)
            if refused := [f"{one.service}: {one.refused}" for one in found if one.refused]:
                told = f"{run.target.host}: the engine would not set up {'; '.join(refused)}"
                raise GonogoError(
                    f"{told}: put it right on the target, or correct the compose file; where the service "
                    "starts well, set releases.trial_start = false in the target file"
                )
            unseen = {one.service: one.not_tried for one in found if one.not_tried}
            for name, why in unseen.items():
                told = f"whether the engine can start {name} was not looked at: {why}"
                run.note(told)
                run.progress.warning(run.redactor(told))
            tried = ", ".join(name for name in names if name not in unseen)
            note.detail = f"the engine can set up {tried}" if tried else "not looked at"

    def undo(self, run: Run) -> None:
        """Remove the containers and networks that a trial left."""
        trial.clear(run.connection, run.target)
