"""The restore proof: the backup is restored into a throwaway server and compared with what was backed up."""

from __future__ import annotations

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.restore import loader, proof, staging_database
from gonogo.deploy.steps.run import Run
from gonogo.deploy.steps.step import Step


class ProveBackup(Step):
    """Prove that the backup of this run can be restored, where one was made; raises GonogoError if not."""

    def do(self, run: Run) -> None:
        """Restore it, and say how long that took."""
        if (made := run.made_backup) is None or run.record.backup is None:
            return
        with run.step("restore proof") as note:
            run.progress.expect(loader.expected(made))
            found = proof.prove(run.release, made, on_bytes=run.progress.sent)
            run.record.backup.proved = found.proved
            run.record.backup.recovery_seconds = round(found.seconds, 2)
            if not found.proved:
                raise GonogoError(f"the backup {made.name} is {found.told}")
            note.detail = found.told
        if said := staging_database.notice(run.release):
            run.note(said.strip())
