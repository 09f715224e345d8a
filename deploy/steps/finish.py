"""The finish: old releases and backups are pruned."""

from __future__ import annotations

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.release import retention
from gonogo.deploy.steps.run import Run
from gonogo.deploy.steps.step import Step


class Finish(Step):
    """Remove the releases that are beyond ``releases.keep``; what cannot be removed is a note, no failure."""

    def do(self, run: Run) -> None:
        """Remove them, after a run that verified the newest one."""
        try:
            with run.step("finish") as note:
                gone = retention.expire(run.connection, run.target)
                note.detail = f"removed {', '.join(gone)}" if gone else "nothing is too old"
        except (GonogoError, KeyboardInterrupt) as error:
            run.note(f"old releases were not removed: {str(error) or 'interrupted'}")
