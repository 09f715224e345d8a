"""The report page: one self-contained HTML document that is a function of one release."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from gonogo.reports import diff, groups, words
from gonogo.reports.availability_strip import gaps, stretches
from gonogo.reports.key_figures import figures, is_loss
from gonogo.reports.model import CheckStatus, Release
from gonogo.reports.timeline import timeline
from gonogo.reports.truncation import Cut, cut

LONGEST_LOG = 100_000
LONGEST_TEXT = 8_000
LONGEST_DIFF = 60_000
LONGEST_OUTPUT: dict[CheckStatus, int] = {"failed": 40_000, "blocked": 20_000, "warning": 20_000}
LONGEST_OTHER_OUTPUT = 4_000
"""Characters of one text that the page shows; the whole is in the record beside it."""


def render(release: Release) -> str:
    """Return the page of a release, which needs no network and no other file.

    It can be read without its script; the policy in it lets a browser run that script and no other.
    """
    items = groups.items(release.checks)
    failed = [item for item in items if item.check.status == "failed"]
    blocked = groups.blocked(items)
    script = _source("script.js")
    return (
        environment()
        .get_template("page.html")
        .render(
            release=release,
            verdict=words.verdict(release.verdict, release.version, first=release.first),
            figures=figures(release),
            counts=groups.counts(release.checks),
            failed=failed,
            blocked=blocked,
            broken_steps=[step for step in release.steps if step.status in ("failed", "interrupted")],
            warnings=[item for item in items if item.check.status == "warning"],
            waived=[item for item in items if item.check.status == "waived"],
            carded={item.anchor for item in failed}
            | {g.items[0].anchor for g in blocked if len(g.items) == 1},
            line=timeline(release),
            suites=groups.suites(items),
            script=Markup(script),
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )
    )


@cache
def environment() -> Environment:
    """Return what renders every page of the reports: all is escaped, and an unknown name is an error."""
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
        size=words.size,
        short_id=words.short_id,
        moment=words.moment,
        difference=words.difference,
        safe_link=_safe_link,
        href=_href,
        is_loss=is_loss,
        cut=_cut,
        short=lambda text: _cut(text, LONGEST_TEXT).text,
        diff_lines=diff.lines,
        diff_counted=diff.counted,
    )
    made.globals.update(
        statuses=words.STATUSES,
        step_statuses=words.STEPS,
        days_left=words.days_left,
        stretches=stretches,
        gaps=gaps,
        longest_log=LONGEST_LOG,
        longest_diff=LONGEST_DIFF,
        longest_output=lambda status: LONGEST_OUTPUT.get(status, LONGEST_OTHER_OUTPUT),
    )
    return made


def _source(name: str) -> str:
    return (resources.files("gonogo.reports") / "templates" / name).read_text("utf-8")


def _shown(value: Any) -> Any:
    """Make what a terminal would act on visible or gone; markup of the templates passes as it is."""
    return words.plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _cut(text: str, longest: int) -> Cut:
    # First made plain, so that no cut goes through the middle of a terminal code.
    return cut(words.plain(text), longest)


def _href(link: str) -> str:
    return quote(words.plain(link), safe="/:?#[]@!$&'()*+,;=%")


def _safe_link(link: str) -> bool:
    """Return whether a link leads to a file beside the page or to a web page, and can run nothing."""
    try:
        scheme = urlsplit(link).scheme
    except ValueError:  # such as a bracket in the place of a host
        return False
    return scheme in ("", "http", "https") and not link.startswith("//")
