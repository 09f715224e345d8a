"""The summary of a run: what a person wants to know at its end, and the one command to go on with."""

from __future__ import annotations

import re

from gonogo.reports import words
from gonogo.reports.model import Answered, Release, Verdict
from gonogo.reports.words import duration, size

Row = tuple[str, str]
SLOWEST = 3
"""How many steps are named as the slowest."""
WORTH_S = 0.1
"""Seconds from which a step is worth being named so."""

_COMMAND = re.compile(r"`((?:gonogo|docker) [^`]+)`")
WAY_BY_HAND: Verdict = "rollback-failed"
"""The verdict whose summary tells people a command of Docker's."""
_NEXT: dict[Verdict, str] = {
    "no-go": "gonogo preflight {name}",
    "failed-unchanged": "gonogo status {name}",
    "rolled-back": "gonogo status {name}",
    "rollback-failed": "gonogo status {name}",
    "interrupted": "gonogo status {name}",
    "locked": "gonogo status {name}",
}
"""What to do next, by verdict, where the summary names no command; none of these changes anything."""


def headline(release: Release) -> str:
    """Return the verdict, what it is about, why, and the exit code, in one line."""
    said = words.verdict(release.verdict, release.version, first=release.first)
    word = release.verdict if said == words.VERDICTS[release.verdict] else said.word
    what = f"{word.upper()} {release.target} {release.version}"
    return f"{what}: {release.summary} (exit {release.exit_code})"


def following(release: Release, name: str = "") -> str:
    """Return the one command to go on with; empty where nothing failed.

    ``name``: what the command line knows the target by. The last command that the summary names comes before
    all others, for it knows most.
    """
    if release.exit_code == 0:
        return ""
    named = [str(one) for one in _COMMAND.findall(release.summary) if _to_be_typed(one, release.verdict)]
    if named and release.verdict != "locked":  # which of the two that it names, status tells
        return named[-1]
    return _NEXT.get(release.verdict, "").format(name=name or release.target)


def _to_be_typed(command: str, verdict: Verdict) -> bool:
    """Return whether a command in a summary is meant for a person, and is not one of ours that failed."""
    return command.startswith("gonogo ") or (command.startswith("docker compose ") and verdict == WAY_BY_HAND)


def rows(release: Release) -> list[Row]:
    """Return what else is told, as pairs of a word and a text; what the run did not come to is left out."""
    found = [
        ("version", _version(release)),
        ("downtime", _downtime(release)),
        ("data", _data(release)),
        ("backup", _backup(release)),
        ("recovery", _recovery(release)),
        ("time", _time(release)),
    ]
    return [(word, text) for word, text in found if text]


def _version(release: Release) -> str:
    return f"{release.version}, over {release.previous}" if release.previous else release.version


def _downtime(release: Release) -> str:
    urls = release.availability.urls if release.availability else []
    if release.first or not release.services:
        return ""
    return "; ".join(_away(url) for url in urls if url.requests)


def _away(one: Answered) -> str:
    if one.downtime_s is None:
        return f"{one.url} never answered"
    if not one.downtime_s:
        return f"none at {one.url}, {one.requests} requests"
    return f"{duration(one.downtime_s)} at {one.url}, {one.failed} of {one.requests} requests failed"


def _data(release: Release) -> str:
    counted = [count for count in release.data if count.before is not None]
    if not counted:
        return ""
    fewer = [
        f"{count.collection} {count.before} → {count.after if count.after is not None else 'gone'}"
        for count in counted
        if count.kind != "volatile" and (count.after is None or count.after < (count.before or 0))
    ]
    before = sum(count.before or 0 for count in counted)
    told = f"{before} documents in {len(counted)} collections before"
    return f"{told}; fewer: {', '.join(fewer)}" if fewer else f"{told}, none fewer"


def _backup(release: Release) -> str:
    made = release.backup
    if made is None:
        return ""
    return f"{made.name}, {made.documents} documents, {size(made.bytes)} in {duration(made.seconds)}"


def _recovery(release: Release) -> str:
    made = release.backup
    if made is None or made.proved is None:
        return ""
    if not made.proved:
        return "not proved: the backup is not what the database held"
    return f"proved, in {duration(made.recovery_seconds or 0.0)}"


def _time(release: Release) -> str:
    long = sorted(release.steps, key=lambda step: -step.seconds)[:SLOWEST]
    slowest = [f"{step.name} {duration(step.seconds)}" for step in long if step.seconds >= WORTH_S]
    told = duration(release.seconds)
    return f"{told}; slowest: {', '.join(slowest)}" if slowest else told
