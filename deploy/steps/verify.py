"""Verify: the suite that proves that what should run does, and that nothing was lost."""

from __future__ import annotations

from contextlib import nullcontext

from gonogo.deploy.steps import suites
from gonogo.deploy.steps.run import Run
from gonogo.deploy.steps.step import Step
from gonogo.deploy.steps.suites import Refused


class Verify(Step):
    """Run the verify suite against what the run has led to; raises Refused unless it passes."""

    def do(self, run: Run) -> None:
        """Verify the goal of the run."""
        verify(run, run.way.goal.version)


def verify(run: Run, version: str, name: str = "verify") -> None:
    """Run the verify suite against a release, with this run's baseline; raises Refused unless it passes."""
    options = ["--release", version, "--baseline", run.version, *run.strictness]
    with run.step(name) as note:
        seen = run.work / "availability.json"
        # After a rollback it is known already how long the stack was away, and whose fault that was.
        if run.watch and name == "verify":
            options += ["--availability", str(seen)]
        # No release fails for requests of gonogo's own.
        with run.watch.leaving(seen) if run.watch else nullcontext():
            outcome = suites.run(
                "verify",
                run.target,
                run.work,
                connection=run.connection_,
                on_check=run.progress.check,
                options=options,
            )
            suites.took(run, outcome, name)
            note.detail = outcome.told
            if not outcome.passed:
                raise Refused(f"{name} said no: {outcome.told}")
