"""The checks of a release as the page groups them: by suite, by subject, and by what blocked them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from gonogo.reports import words
from gonogo.reports.model import CheckResult, CheckStatus

SHOWN_STATUSES: tuple[CheckStatus, ...] = ("failed", "blocked", "warning", "waived", "skipped", "passed")


@dataclass(frozen=True)
class Item:
    """A check and its anchor, unique in the page."""

    check: CheckResult
    anchor: str

    @property
    def link(self) -> str:
        """Where a link to it leads."""
        return "#" + quote(self.anchor)


@dataclass(frozen=True)
class Blocked:
    """Checks that could not be asked, all for the same reason."""

    message: str
    items: list[Item]


@dataclass(frozen=True)
class Suite:
    """The checks of one suite by subject, and how many have which status."""

    name: str
    counts: list[tuple[CheckStatus, int]]
    subjects: list[tuple[str, list[Item]]]


def items(checks: Iterable[CheckResult]) -> list[Item]:
    """Return the checks with their anchors, in their order."""
    seen: Counter[str] = Counter()
    found = []
    for check in checks:
        base = "check-" + "-".join(words.plain(check.id).split())
        seen[base] += 1
        found.append(Item(check, base if seen[base] == 1 else f"{base}--{seen[base]}"))
    return found


def blocked(given: list[Item]) -> list[Blocked]:
    """Return the checks that are blocked, those together that have one reason."""
    groups: dict[str, list[Item]] = {}
    for item in given:
        if item.check.status == "blocked":
            groups.setdefault(item.check.message or item.check.found, []).append(item)
    return [Blocked(message, group) for message, group in groups.items()]


def counts(checks: Iterable[CheckResult]) -> list[tuple[CheckStatus, int]]:
    """Return how many checks have which status, the worst first, those left out that none has."""
    found = Counter(check.status for check in checks)
    return [(status, found[status]) for status in SHOWN_STATUSES if found[status]]


def suites(given: list[Item]) -> list[Suite]:
    """Return the checks by suite and subject, in the order in which they came."""
    subjects: dict[str, dict[str, list[Item]]] = {}
    for item in given:
        subjects.setdefault(item.check.suite, {}).setdefault(item.check.subject, []).append(item)
    return [
        Suite(name, counts(one.check for group in groups.values() for one in group), list(groups.items()))
        for name, groups in subjects.items()
    ]
