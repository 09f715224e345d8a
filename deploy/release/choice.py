"""Which release a rollback goes to: one that was verified, and that is not further back than was meant."""

from __future__ import annotations

from collections.abc import Collection

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.release import history, records
from gonogo.deploy.release.history import JournalledRun
from gonogo.deploy.release.release import Release
from gonogo.deploy.release.versions import BACK


def chosen(coming: Release, now: str, runs: list[JournalledRun], to: str = "") -> str:
    """Return the version to go to: ``to``, else the one before ``now``, which is current.

    After a run that was cut off in the switch, that is the release which was to be replaced, or, where it
    was a rollback, the one to which that led. Raises GonogoError with a sentence that names a way.
    """
    if not now:
        raise GonogoError("no release is recorded as running: there is none to go back from")
    failed, cut = history.failed(runs), history.unfinished(runs)
    if to:
        if to in failed:
            good = [one for one in records.listed(coming.connection, coming.target) if one not in failed]
            raise GonogoError(
                f"{to} was never verified ({_end(to, runs)}): go to one that was "
                f"({', '.join(good) or 'there is none'}), or deploy its sources again"
            )
        return to
    if cut and cut.switched and not cut.back and cut.version.startswith(BACK):
        return cut.goal
    if cut and cut.switched and now != cut.goal:
        return now
    return _before(coming, now, failed)


def services(coming: Release, version: str) -> set[str]:
    """Return the services of a release; none where it has no record that can be read."""
    try:
        found = records.load(coming.connection, coming.target, version)
    except GonogoError:
        return set()
    return set(found.images) if found else set()


def _end(version: str, runs: list[JournalledRun]) -> str:
    return next((one.outcome or "it was cut off" for one in runs if one.version == version), "")


def _before(coming: Release, now: str, failed: Collection[str]) -> str:
    """Return the newest release before ``now`` that has not failed."""
    seen, name = {now}, now
    while True:
        record = records.load(coming.connection, coming.target, name)
        name = record.previous if record else ""
        if not name or name in seen:
            raise GonogoError(f"{now} is the first release: there is none before it")
        if name not in failed:
            return name
        seen.add(name)
