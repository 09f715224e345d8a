"""The entries of the lists: what the lists and their charts show of a release, kept between two runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from pydantic import TypeAdapter, ValidationError

from gonogo.reports.model import Record, Release, Verdict
from gonogo.reports.words import BACK, parse_moment

RECORD = "release.json"
PAGE = "index.html"
KEPT = ".entries.json"
GOAL_S = 600.0
"""The goal of a deployment: ten minutes from the command to the verified release."""
CHANGED: tuple[Verdict, ...] = ("deployed", "rolled-back", "rollback-failed")
"""Verdicts of runs that began to change what runs; the time of others says nothing of a deployment's."""
_GOOD = ("passed", "warning", "waived")
_JUDGED = (*_GOOD, "failed", "blocked")


class Entry(Record):
    """One release in a list; ``verdict`` is None where its record cannot be read.

    ``mark``: the time and size by which it is known that the record is still the same. ``judged`` and
    ``passed``: checks of its preflight. ``downtime_s``: the longest gap of any URL, None where nothing was
    measured. ``recovery_s``: how long the restore of its backup took, None where none was proved.
    """

    target: str
    version: str
    mark: tuple[int, int] = (0, 0)
    verdict: Verdict | None = None
    started_at: str = ""
    seconds: float = 0.0
    judged: int = 0
    passed: int = 0
    downtime_s: float | None = None
    recovery_s: float | None = None

    @property
    def changed(self) -> bool:
        """Whether it began to change what runs."""
        return self.verdict in CHANGED

    @property
    def went_back(self) -> bool:
        """Whether it went back, because it failed or because somebody wanted to."""
        return self.changed and (self.verdict != "deployed" or self.version.startswith(BACK))

    @property
    def when(self) -> float:
        """When it began, in seconds since 1970; when its record was written where that is not known."""
        moment = parse_moment(self.started_at)
        return moment.timestamp() if moment else self.mark[0] / 1e9


@dataclass(frozen=True)
class Totals:
    """What many releases come to: counts, median seconds, the longest downtime; None where nothing counts."""

    preflights: int
    go: int
    deployments: int
    within_goal: int
    went_back: int
    median_s: float | None
    downtime_s: float | None
    recovery_s: float | None


_ALL = TypeAdapter(list[Entry])


def of(release: Release) -> Entry:
    """Return the entry of a release."""
    checks = [check.status for check in release.checks if check.suite == "preflight"]
    return Entry(
        target=release.target,
        version=release.version,
        verdict=release.verdict,
        started_at=release.started_at,
        seconds=release.seconds,
        judged=sum(status in _JUDGED for status in checks),
        passed=sum(status in _GOOD for status in checks),
        downtime_s=release.availability.downtime_s if release.availability and not release.first else None,
        recovery_s=release.backup.recovery_seconds if release.backup else None,
    )


def totals(entries: Iterable[Entry]) -> Totals:
    """Return what these releases come to."""
    found = list(entries)
    asked, changed = [entry for entry in found if entry.judged], [entry for entry in found if entry.changed]
    recoveries = [entry.recovery_s for entry in found if entry.recovery_s is not None]
    return Totals(
        preflights=len(asked),
        go=sum(entry.passed == entry.judged for entry in asked),
        deployments=len(changed),
        within_goal=sum(entry.seconds <= GOAL_S for entry in changed),
        went_back=sum(entry.went_back for entry in found),
        median_s=median(entry.seconds for entry in changed) if changed else None,
        downtime_s=max((entry.downtime_s for entry in found if entry.downtime_s is not None), default=None),
        recovery_s=median(recoveries) if recoveries else None,
    )


def gather(folder: Path) -> list[Entry]:
    """Return the entries of all reports in ``folder/<target>/<version>``, the newest first.

    What an earlier look kept is taken where the record is still the same: a record may hold the logs of all
    the stack's containers.
    """
    known = {(entry.target, entry.version): entry for entry in _kept(folder)}
    entries = [
        _entry(place, known.get((target.name, place.name)))
        for target in _folders(folder)
        for place in _folders(target)
    ]
    return sorted(entries, key=lambda entry: (entry.when, entry.target, entry.version), reverse=True)


def dumped(entries: list[Entry]) -> str:
    """Return the text which, in the file KEPT, a later look takes the entries from."""
    return _ALL.dump_json(entries).decode()


def _kept(folder: Path) -> list[Entry]:
    try:
        return _ALL.validate_json((folder / KEPT).read_bytes())
    except (OSError, ValidationError):
        return []


def _entry(place: Path, known: Entry | None) -> Entry:
    mark = _mark(place)
    if known and known.mark == mark:
        return known
    # Where it lies is what the links lead to, whatever the record says.
    its = {"target": place.parent.name, "version": place.name, "mark": mark}
    try:
        entry = of(Release.model_validate_json((place / RECORD).read_bytes()))
    except (OSError, ValidationError):
        return Entry.model_validate(its)
    return entry.model_copy(update=its)


def _mark(place: Path) -> tuple[int, int]:
    record = place / RECORD
    try:
        info = (record if record.exists() else place).stat()
    except FileNotFoundError:  # another run replaces it at this moment
        return 0, 0
    return info.st_mtime_ns, info.st_size


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
