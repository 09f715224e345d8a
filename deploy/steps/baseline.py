"""The baseline: what there is before anything changes, in the release's folder on the target."""

from __future__ import annotations

import shlex

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.container import Container
from gonogo.deploy.mongodb import sample
from gonogo.deploy.mongodb.server import login
from gonogo.deploy.release import records
from gonogo.deploy.release.formats import FORMAT
from gonogo.deploy.release.records import Baseline, Life
from gonogo.deploy.steps.run import Run
from gonogo.deploy.steps.step import Step


class TakeBaseline(Step):
    """Write down what runs, and how many documents there are; the release's folder begins with that.

    Raises GonogoError where known data that the target file declares is missing already.
    """

    def do(self, run: Run) -> None:
        """Take it, once for a release: a run that is resumed keeps its own."""
        with run.step("baseline") as note:
            running, counts, samples = run.release.running, None, list[int]()
            if has_data(run):
                counts, samples = login.counted(run.release), _samples(run)
            run.baseline_ = Baseline(
                format=FORMAT,
                taken=records.now().isoformat(timespec="seconds"),
                containers={one.name: one.image for one in running},
                counts=counts,
                samples=samples,
                ended=_ended(running),
                networks=_networks(run),
            )
            save(run)
            told = ", ".join(f"{name} {number}" for name, number in (counts or {}).items())
            note.detail = f"{len(running)} containers" + (f"; {told}" if told else "")

    def undo(self, run: Run) -> None:
        """Remove the folder of the release, with whatever other steps wrote into it."""
        folder = shlex.quote(str(records.folder(run.target, run.version)))
        run.connection.check(f"rm -rf -- {folder}", mutates=True)


def _ended(running: list[Container]) -> list[str]:
    """Return the services that did their work and ended well; a server that was stopped is none of them."""
    once = [one for one in running if one.completed and not one.ports and not one.health]
    others = {one.service for one in running if one not in once}
    return sorted({one.service for one in once} - others)


def _networks(run: Run) -> list[str]:
    run.host.networks.refresh()
    return sorted(one.name for one in run.host.networks.all)


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


def untouched(run: Run) -> None:
    """Write down which containers the release leaves alone, so that verify can tell whether they were."""
    stays = {change.service for change in run.changes if change.action == "unchanged"}
    run.baseline.untouched = {
        one.name: Life(id=one.id, started=one.started)
        for one in run.release.running
        if one.service in stays and one.running
    }
    save(run)


def save(run: Run) -> None:
    """Write the baseline into the release's folder on the target."""
    records.save(run.connection, run.target, run.version, records.BASELINE, run.baseline)


def has_data(run: Run) -> bool:
    """Whether there is a database with data to lose: one that the target file names, and that runs."""
    return run.target.mongodb is not None and run.host.mongodb(run.release).exists
