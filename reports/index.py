"""The lists of releases: one page for each target and one over all of them, with small charts."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from gonogo.reports import words
from gonogo.reports.charts import HEIGHT, WIDTH, charts
from gonogo.reports.entries import GOAL_S, PAGE, Entry, totals
from gonogo.reports.page import environment


def history(target: str, entries: list[Entry]) -> str:
    """Return the page of one target's releases, in the order given: the newest first."""
    return _rendered("history.html", target=target, entries=entries, charts=charts(entries))


def overview(entries: list[Entry]) -> str:
    """Return the page over all releases of all targets, in the order given: the newest first."""
    ordered = sorted(entries, key=lambda entry: entry.target)
    groups = [(name, list(found)) for name, found in groupby(ordered, key=lambda entry: entry.target)]
    drawn = [(name, found, charts(found)) for name, found in groups]
    return _rendered("targets.html", groups=drawn, entries=entries, totals=totals(entries), goal_s=GOAL_S)


def _rendered(template: str, **given: Any) -> str:
    page = environment().get_template(template)
    return page.render(**given, verdict=words.verdict, page=PAGE, width=WIDTH, height=HEIGHT)
