"""The plan preview as a step: what a deployment would do is shown, and, where asked for, confirmed."""

from __future__ import annotations

from collections.abc import Callable

from gonogo.deploy.steps.plan_preview import preview
from gonogo.deploy.steps.report_step import Ended
from gonogo.deploy.steps.run import Run
from gonogo.deploy.steps.step import Step
from gonogo.deploy.steps.suites import Refused


class Foresee(Step):
    """Tell what a deployment would do, and do none of it; the run ends with that."""

    def do(self, run: Run) -> Ended:
        """Show the plan."""
        return Ended("go", 0, f"preflight passed; this was the plan, nothing was touched: {foresee(run)}")


class Confirm(Step):
    """Show the plan and ask once; a no ends the run. Without somebody to ask, nothing is shown."""

    def __init__(self, ask: Callable[[], bool] | None) -> None:
        self._ask = ask

    def do(self, run: Run) -> Ended | None:
        """Ask, where there is somebody to ask."""
        if self._ask is None:
            return None
        foresee(run)
        said = "nobody said yes to the plan; nothing was touched"
        return None if self._ask() else Ended("no-go", Refused.exit_code, said)


def foresee(run: Run) -> str:
    """Tell what a deployment would do, and do none of it; returns it in one line."""
    with run.step("plan") as note:
        seen = preview(run.release, run.version, skip_build=run.skip_build)
        run.record.previous, run.record.services = seen.previous, seen.services
        run.record.commits = seen.commits
        for line in seen.lines:
            run.note(line)
        run.progress.plan(seen)
        touched = [f"{one.service} {one.action}" for one in seen.services if one.action != "unchanged"]
        note.detail = ", ".join(touched) or "nothing would change"
        return note.detail
