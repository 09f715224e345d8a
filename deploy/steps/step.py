"""A step of a run: what is done, and how it is undone as long as nothing runs differently."""

from __future__ import annotations

from abc import ABC, abstractmethod

from gonogo.deploy.steps.report_step import Ended
from gonogo.deploy.steps.run import Run


class Step(ABC):
    """One step. The runner does them in their order; see ``runner.py`` for the lists."""

    @abstractmethod
    def do(self, run: Run) -> Ended | None:
        """Do it; returns how the run ends where it ends here. Raises GonogoError where it fails."""

    def undo(self, run: Run) -> None:  # noqa: B027  most steps leave nothing
        """Remove what it left on the target, also what another process did; by default that is nothing.

        It may be called again, and for what was never done. Raises GonogoError.
        """
