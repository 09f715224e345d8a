"""Preflight: the suite that says whether a deployment can be done."""

from __future__ import annotations

from gonogo.deploy.steps import suites
from gonogo.deploy.steps.run import Run
from gonogo.deploy.steps.step import Step
from gonogo.deploy.steps.suites import Refused


class Preflight(Step):
    """Run the preflight suite; raises Refused unless it passes."""

    def do(self, run: Run) -> None:
        """Run it, and put what it found into the record."""
        options = ["--under-way", run.version]
        options += ["--skip-build"] if run.skip_build else []
        options += ["--images-of", run.images_of] if run.images_of else []
        with run.step("preflight") as note:
            outcome = suites.run(
                "preflight",
                run.target,
                run.work,
                connection=run.connection_,
                on_check=run.progress.check,
                options=[*options, *run.strictness],
            )
            suites.took(run, outcome)
            note.detail = outcome.told
            if not outcome.passed:
                raise Refused(f"preflight said no: {outcome.told}")
