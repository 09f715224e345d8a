"""The steps that keep the data safe: what is written down before a release changes anything."""

from __future__ import annotations

from deploy import release
from deploy.mongodb import login
from deploy.release import Baseline, Life
from deploy.undertaking import Undertaking


def baseline(run: Undertaking) -> None:
    """Write down what there is before anything changes; the release's folder is where it will be kept."""
    with run.step("baseline") as note:
        running, counts = run.facts.running, None
        if has_data(run):
            settings = run.target.mongodb
            assert settings
            container = login.container_of(running, settings)
            counts = login.counts(run.connection, container, settings, run.redactor)
        run.baseline_ = Baseline(
            taken=release.now().isoformat(timespec="seconds"),
            containers={one.name: one.image for one in running},
            counts=counts,
        )
        save(run)
        told = ", ".join(f"{name} {number}" for name, number in (counts or {}).items())
        note.detail = f"{len(running)} containers" + (f"; {told}" if told else "")


def untouched(run: Undertaking) -> None:
    """Write down which containers the release leaves alone, so that verify can tell whether they were."""
    stays = {change.service for change in run.changes if not change.touched}
    run.baseline.untouched = {
        one.name: Life(id=one.id, started=one.started)
        for one in run.facts.running
        if one.service in stays and one.running
    }
    save(run)


def save(run: Undertaking) -> None:
    """Write the baseline into the release's folder on the target."""
    release.save(run.connection, run.target, run.version, release.BASELINE, run.baseline)


def has_data(run: Undertaking) -> bool:
    """Whether there is a database with data to lose: one that the target file names, and that runs."""
    settings = run.target.mongodb
    return settings is not None and run.facts.database is not None
