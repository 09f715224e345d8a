"""What a release comes to, in a few figures that need no knowledge of how it was made."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from gonogo.reports import words
from gonogo.reports.model import NOTICED_S, DataCount, Release


@dataclass(frozen=True)
class Figure:
    """One figure: what it is of, what it says, and its tone."""

    label: str
    said: str
    tone: str = "mute"


def figures(release: Release) -> list[Figure]:
    """Return the figures of a release, those left out of which nothing is known."""
    found = [_services(release), _away(release), _data(release), _backup(release)]
    return [figure for figure in found if figure]


def is_loss(count: DataCount) -> bool:
    """Return whether documents are missing where none may: volatile collections may shrink."""
    if count.kind == "volatile" or count.before is None or count.after is None:
        return False
    return count.after < count.before


def _services(release: Release) -> Figure | None:
    if not release.services:
        return None
    number = Counter(change.action for change in release.services)
    told = [
        f"{number[action]} {action}"
        for action in ("replaced", "created", "removed", "unchanged")
        if number[action]
    ]
    planned = release.verdict in ("go", "no-go", "failed-unchanged")
    return Figure("Services, as planned" if planned else "Services", ", ".join(told))


def _away(release: Release) -> Figure | None:
    seen = release.availability
    if seen is None or not seen.urls or release.first:
        return None
    if any(url.gap_s is None for url in seen.urls):
        return Figure("Availability", "an address never answered successfully", "bad")
    longest = seen.downtime_s or 0.0
    told = f"down for {words.duration(longest)} at most" if longest else "it answered all the time"
    return Figure("Availability", told, "good" if longest < NOTICED_S else "warn")


def _data(release: Release) -> Figure | None:
    both = [count for count in release.data if count.before is not None and count.after is not None]
    if not both:
        return None
    if lost := [count.collection for count in both if is_loss(count)]:
        return Figure("Data", f"documents are missing in {', '.join(lost)}", "bad")
    return Figure("Data", "no document was lost", "good")


def _backup(release: Release) -> Figure | None:
    if release.backup is None:
        return None
    if release.backup.proved is None or release.backup.recovery_seconds is None:
        return Figure("Backup", "made, restore not verified", "warn")
    if not release.backup.proved:
        return Figure("Backup", "it is not what the database holds", "bad")
    took = words.duration(release.backup.recovery_seconds)
    return Figure("Backup", f"restore verified, in {took}", "good")
