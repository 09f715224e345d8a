"""The version that was given: it must not be on the target yet."""

from __future__ import annotations

from gonogo.deploy.release import records
from gonogo.deploy.release.versions import Taken
from gonogo.deploy.steps.run import Run
from gonogo.deploy.steps.step import Step
from gonogo.deploy.target import target_file


class UnusedVersion(Step):
    """Raise Taken where the version that was given names a release that is on the target.

    Its folder would be written over, and removed where this run fails; its report would be replaced, too.
    """

    def do(self, run: Run) -> None:
        """Look at the versions that are there, where one was given."""
        if run.named and run.version in records.listed(run.connection, run.target):
            raise Taken(
                f"the release {run.version} is on {run.target.host} already: go to it with `gonogo rollback "
                f"{target_file.called(run.target)} --to {run.version}`, or give what is deployed another "
                "version"
            )
