"""The backup: the database is backed up before anything changes. It stays: nothing undoes a backup."""

from __future__ import annotations

import time

from gonogo.deploy.mongodb.backup import backup as backups
from gonogo.deploy.mongodb.backup.backup_store import Backup
from gonogo.deploy.steps import baseline
from gonogo.deploy.steps.run import Run
from gonogo.deploy.steps.step import Step
from gonogo.reports import model as report

MB = 1_000_000
NO_DATABASE = "the target file names no MongoDB: no backup was made, and no data was compared"
NOT_RUNNING = "no MongoDB ran before this release: there was nothing to back up, and no data to compare with"
NOT_WANTED = "backup.each_deployment is false: no backup was made, and documents were counted only"


class MakeBackup(Step):
    """Back the database up, where there is one with data to lose.

    Raises GonogoError where there is no backup that can be relied on: nothing was changed yet.
    """

    def do(self, run: Run) -> None:
        """Make it, or say why there is none."""
        if not baseline.has_data(run):
            run.note(NOT_RUNNING if run.target.mongodb else NO_DATABASE)
        elif not run.target.keeps_data:
            run.note(NOT_WANTED)
        else:
            run.made_backup = made = _made(run)
            run.baseline.backup = run.baseline.fingerprint = str(made.folder)
            baseline.save(run)


def _made(run: Run) -> Backup:
    with run.step("backup") as note:
        begun = time.monotonic()
        run.progress.expect(backups.expected(run.release), about=True)
        made = backups.make(run.release, on_bytes=run.progress.sent, version=run.version)
        record = reported(made, time.monotonic() - begun)
        run.record.backup = record
        note.detail = f"{record.name}: {record.documents} documents, {record.bytes / MB:.1f} MB"
        return made


def reported(made: Backup, seconds: float) -> report.Backup:
    """Return what the report says of a backup that took so many ``seconds``."""
    manifest = made.manifest
    return report.Backup(
        name=made.name,
        folder=str(made.folder),
        tool=manifest.tool,
        bytes=manifest.size,
        documents=manifest.documents,
        seconds=round(seconds, 2),
        consistency=manifest.consistency,
    )
