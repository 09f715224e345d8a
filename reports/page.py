"""The report page: one self-contained HTML document that is a function of one release."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from reports import words
from reports.model import CheckResult, CheckStatus, DataCount, Release, Step
from reports.strip import stretches

SHOWN_STATUSES: tuple[CheckStatus, ...] = ("failed", "blocked", "warning", "waived", "skipped", "passed")


@dataclass(frozen=True)
class Item:
    """A check and its anchor, unique in the page."""

    check: CheckResult
    anchor: str

    @property
    def link(self) -> str:
        return "#" + quote(self.anchor)


@dataclass(frozen=True)
class Blocked:
    """Checks that could not be asked, all for the same reason."""

    message: str
    items: list[Item]


@dataclass(frozen=True)
class Bar:
    """Where a step lies in the whole release, in percent of its duration."""

    step: Step
    left: float
    width: float


@dataclass(frozen=True)
class Suite:
    """The checks of one suite by subject, and how many have which status."""

    name: str
    counts: list[tuple[CheckStatus, int]]
    subjects: list[tuple[str, list[Item]]]


@dataclass(frozen=True)
class HistoryRow:
    """One release in a list; ``release`` is None when its record cannot be read."""

    name: str
    link: str
    release: Release | None


def render(release: Release) -> str:
    """Return the page of a release: it needs no network, no script and no other file."""
    items = _items(release.checks)
    failed = [item for item in items if item.check.status == "failed"]
    blocked = _blocked([item for item in items if item.check.status == "blocked"])
    return (
        _environment()
        .get_template("page.html")
        .render(
            release=release,
            verdict=words.VERDICTS[release.verdict],
            counts=_counts(release.checks),
            failed=failed,
            blocked=blocked,
            broken_steps=[step for step in release.steps if step.status in ("failed", "interrupted")],
            marked=[item for item in items if item.check.status in ("warning", "waived")],
            carded={item.anchor for item in failed}
            | {g.items[0].anchor for g in blocked if len(g.items) == 1},
            bars=_bars(release),
            stretches=stretches,
            suites=_suites(items),
        )
    )


def render_history(target: str, rows: list[HistoryRow]) -> str:
    """Return the page that lists the releases of one target, in the order given."""
    page = _environment().get_template("history.html")
    return page.render(target=target, rows=rows, verdicts=words.VERDICTS)


def render_targets(rows: list[HistoryRow]) -> str:
    """Return the page that lists all targets, each with its latest release."""
    return _environment().get_template("targets.html").render(rows=rows, verdicts=words.VERDICTS)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        duration=words.duration,
        short_id=words.short_id,
        moment=words.moment,
        difference=words.difference,
        safe_link=_safe_link,
        is_loss=_is_loss,
    )
    made.globals.update(statuses=words.STATUSES, step_statuses=words.STEPS)
    return made


def _source(name: str) -> str:
    return (resources.files("reports") / "templates" / name).read_text("utf-8")


def _shown(value: Any) -> Any:
    """Make what a terminal would act on visible or gone; markup of the templates passes as it is."""
    return words.plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _items(checks: Iterable[CheckResult]) -> list[Item]:
    seen: Counter[str] = Counter()
    items = []
    for check in checks:
        base = "check-" + "-".join(words.plain(check.id).split())
        seen[base] += 1
        items.append(Item(check, base if seen[base] == 1 else f"{base}--{seen[base]}"))
    return items


def _blocked(items: list[Item]) -> list[Blocked]:
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(item.check.message or item.check.found, []).append(item)
    return [Blocked(message, group) for message, group in groups.items()]


def _counts(checks: list[CheckResult]) -> list[tuple[CheckStatus, int]]:
    found = Counter(check.status for check in checks)
    return [(status, found[status]) for status in SHOWN_STATUSES if found[status]]


def _suites(items: list[Item]) -> list[Suite]:
    subjects: dict[str, dict[str, list[Item]]] = {}
    for item in items:
        subjects.setdefault(item.check.suite, {}).setdefault(item.check.subject, []).append(item)
    return [
        Suite(name, _counts([item.check for item in items if item.check.suite == name]), list(groups.items()))
        for name, groups in subjects.items()
    ]


def _bars(release: Release) -> list[Bar]:
    whole = max([release.seconds, *(step.started + step.seconds for step in release.steps)], default=0.0)
    if whole <= 0:
        return [Bar(step, 0.0, 0.0) for step in release.steps]
    return [Bar(s, 100 * max(s.started, 0.0) / whole, 100 * s.seconds / whole) for s in release.steps]


def _is_loss(count: DataCount) -> bool:
    """Return whether documents are missing where none may: volatile collections may shrink."""
    if count.kind == "volatile" or count.before is None or count.after is None:
        return False
    return count.after < count.before


def _safe_link(link: str) -> bool:
    """Return whether a link leads to a file beside the page or to a web page, and can run nothing."""
    return urlsplit(link).scheme in ("", "http", "https") and not link.startswith("//")
