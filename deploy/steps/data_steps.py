"""The steps that keep the data safe: the baseline, the backup, and the proof that it can be restored."""

from __future__ import annotations

import time

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb import sample
from gonogo.deploy.mongodb.backup import backup as backups
from gonogo.deploy.mongodb.backup.backup_store import Backup
from gonogo.deploy.mongodb.restore import loader, proof, staging_database
from gonogo.deploy.mongodb.server import login
from gonogo.deploy.release import records as release
from gonogo.deploy.release.records import Baseline, Life
from gonogo.deploy.steps.run import Run
from gonogo.reports import model as report

MB = 1_000_000
NO_DATABASE = "the target file names no MongoDB: no backup was made, and no data was compared"
NOT_RUNNING = "no MongoDB ran before this release: there was nothing to back up, and no data to compare with"
NOT_WANTED = "backup.each_deployment is false: no backup was made, and documents were counted only"


def baseline(run: Run) -> None:
    """Write down what there is before anything changes; the release's folder is where it will be kept.

    Raises GonogoError where known data that the target file declares is missing already.
    """
    with run.step("baseline") as note:
        running, counts, samples = run.release.running, None, list[int]()
        if has_data(run):
            counts, samples = login.counted(run.release), _samples(run)
        run.baseline_ = Baseline(
            taken=release.now().isoformat(timespec="seconds"),
            containers={one.name: one.image for one in running},
            counts=counts,
            samples=samples,
        )
        save(run)
        told = ", ".join(f"{name} {number}" for name, number in (counts or {}).items())
        note.detail = f"{len(running)} containers" + (f"; {told}" if told else "")


def _samples(run: Run) -> list[int]:
    settings = run.target.mongodb
    if settings is None or not settings.samples:
        return []
    with login.opened(run.release) as client:
        found = sample.look(client, settings.database, settings.samples)
    if wrong := [one.told for one in found if not one.ok]:
        raise GonogoError(
            f"known data is missing before the release: {'; '.join(wrong)}: look for it in a backup, or "
            "correct mongodb.samples in the target file"
        )
    return [one.count for one in found]


def backup(run: Run) -> None:
    """Back the database up, and restore the backup into a throwaway server to prove it.

    Raises GonogoError where there is no backup that can be relied on: nothing was changed yet.
    """
    if not has_data(run):
        run.note(NOT_RUNNING if run.target.mongodb else NO_DATABASE)
    elif not run.target.keeps_data:
        run.note(NOT_WANTED)
    else:
        made = _made(run)
        run.baseline.backup = run.baseline.fingerprint = str(made.folder)
        save(run)
        _proved(run, made)
        if said := staging_database.notice(run.release):
            run.note(said.strip())


def _made(run: Run) -> Backup:
    with run.step("backup") as note:
        begun = time.monotonic()
        run.progress.expect(backups.expected(run.release), about=True)
        made = backups.make(run.release, on_bytes=run.progress.sent, version=run.version)
        record = reported(made, time.monotonic() - begun)
        run.record.backup = record
        note.detail = f"{record.name}: {record.documents} documents, {record.bytes / MB:.1f} MB"
        return made


def _proved(run: Run, made: Backup) -> None:
    assert run.record.backup
    with run.step("restore proof") as note:
        run.progress.expect(loader.expected(made))
        found = proof.prove(run.release, made, on_bytes=run.progress.sent)
        run.record.backup.proved = found.proved
        run.record.backup.recovery_seconds = round(found.seconds, 2)
        if not found.proved:
            raise GonogoError(f"the backup {made.name} is {found.told}")
        note.detail = found.told


def untouched(run: Run) -> None:
    """Write down which containers the release leaves alone, so that verify can tell whether they were."""
    stays = {change.service for change in run.changes if not change.touched}
    run.baseline.untouched = {
        one.name: Life(id=one.id, started=one.started)
        for one in run.release.running
        if one.service in stays and one.running
    }
    save(run)


def touched(run: Run, version: str) -> None:
    """Note in the baseline of a release that was gone back to which of its containers are new ones now."""
    found = release.load_baseline(run.connection, run.target, version)
    if found is None or not found.untouched:
        return
    run.host.containers.refresh()
    anew = {one.name for one in run.release.running if one.service in run.switched}
    found.untouched = {name: life for name, life in found.untouched.items() if name not in anew}
    release.save(run.connection, run.target, version, release.BASELINE, found)


def save(run: Run) -> None:
    """Write the baseline into the release's folder on the target."""
    release.save(run.connection, run.target, run.version, release.BASELINE, run.baseline)


def has_data(run: Run) -> bool:
    """Whether there is a database with data to lose: one that the target file names, and that runs."""
    return run.target.mongodb is not None and run.host.mongodb(run.release).exists


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
