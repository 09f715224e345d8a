"""History: the runs that a target's journal tells of, what became of each, and which one never ended."""

from __future__ import annotations

import datetime
import json
import shlex
from dataclasses import dataclass
from typing import Any

from gonogo.deploy.release import formats
from gonogo.deploy.release.journal import BACK, END, FILE, REMOVE, SWITCH
from gonogo.deploy.release.versions import UNLOCK, is_version
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target import Target

BACKWARDS = ("rollback-failed", "interrupted")
"""The outcomes with which a run can end on its way back."""
UNVERIFIED = ("rolled-back", "rollback-failed", "interrupted", "")
"""The outcomes of runs whose release may have run, and was not verified. None yet: it was cut off."""
WAY_BACK = ("rollback", "verify after rollback")
"""The steps of a way back; a run is back when it did the last of them that it began."""
NAMING = ("version", "goal", "previous")
"""The keys of a line that name versions; a line where one is none is damaged."""
MOST = 5000
"""Lines of the journal that are read: those of some two hundred runs."""


@dataclass(frozen=True)
class JournalledRun:
    """One run of the runner. ``outcome``: its verdict, empty while it has none; ``step``: the last one begun.

    ``goal``: the release that it was to lead to. ``seconds`` is None where it never ended. ``switched``: the
    services that it began to start anew or to remove. ``halted``: it ended before its way back was done.
    ``previous``: the release that it goes back to, empty for none; None where an earlier version of gonogo
    wrote the journal. ``back``: it was on its way back.
    """

    version: str
    goal: str
    begun: datetime.datetime
    outcome: str = ""
    summary: str = ""
    step: str = ""
    seconds: float | None = None
    switched: tuple[str, ...] = ()
    halted: bool = False
    previous: str | None = None
    back: bool = False

    @property
    def told(self) -> str:
        """What became of it, in words."""
        if self.halted:
            return f"never got back; the last thing it began was the step {self.step!r}"
        if self.outcome:
            return f"{self.outcome}: {self.summary}" if self.summary else self.outcome
        return f"never ended; the last thing it began was the step {self.step!r}"


def runs(connection: Connection, target: Target, of: str = "") -> list[JournalledRun]:
    """Return the runs that the journal on the target tells of, newest first; raises GonogoError.

    Those of the last MOST lines, and of as many lines before them that name the version ``of``.
    """
    file = shlex.quote(str(target.deploy_path / FILE))
    older = (
        f"head -n -{MOST} {file} | grep -F -- {shlex.quote(json.dumps(of))} | tail -n {MOST}; " if of else ""
    )
    return parse(connection.check(f"if [ -e {file} ]; then {older}tail -n {MOST} {file}; fi").text)


def parse(text: str) -> list[JournalledRun]:
    """Return as ``runs`` for the lines of a journal; damaged ones are passed over.

    Raises Newer where a later version of gonogo wrote one.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for line in text.splitlines():
        try:
            row = json.loads(line)
            if formats.is_newer(line):
                raise formats.Newer(formats.worded("the journal on the target"))
            row["at"] = datetime.datetime.fromisoformat(row["at"]).astimezone(datetime.UTC)
            if all(is_version(str(row[key])) for key in NAMING if row.get(key)):
                found.setdefault(str(row["version"]), []).append(row)
        except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
            continue
    # By their place in the journal, not by their times: a clock may have been set back between two runs.
    return [_run(version, rows) for version, rows in reversed(found.items())]


def unfinished(found: list[JournalledRun]) -> JournalledRun | None:
    """Return the newest run if it never ended, or not its way back; None where it did, or there is none.

    That its lock was taken away by hand does not end a run: what it left half done is still there.
    """
    newest = next((one for one in found if not one.version.startswith(UNLOCK)), None)
    return newest if newest and (newest.halted or not newest.outcome) else None


def verified(found: list[JournalledRun]) -> set[str]:
    """Return the releases to which a run led that verified them."""
    return {one.goal for one in found if one.outcome == "deployed"}


def failed(found: list[JournalledRun]) -> set[str]:
    """Return the releases that may have run, and that no run has verified: nobody goes back to them."""
    return {one.version for one in found if one.outcome in UNVERIFIED} - verified(found)


def _goal(version: str, rows: list[dict[str, Any]]) -> str:
    """Return the release to which a run was to lead: the one that it planned for, before any way back."""
    goal = version
    for row in rows:
        if "goal" in row:
            return str(row["goal"])
        if row.get("step") == WAY_BACK[0]:
            break
        if row.get("step") == "plan" and row.get("state") == "begun" and row.get("detail"):
            goal = str(row["detail"])
    return goal


def _run(version: str, rows: list[dict[str, Any]]) -> JournalledRun:
    begun = [str(row.get("step")) for row in rows if row.get("state") == "begun"]
    ends = [row for row in rows if row.get("step") == END]
    last = ends[-1] if ends and rows[-1].get("step") == END else None
    steps = [row for row in rows if row.get("step") != END]
    newest = steps[-1] if steps else {}
    back = newest.get("step") in WAY_BACK and newest.get("state") == "done"
    switched = tuple(dict.fromkeys(name for row in rows for name in _touched(row)))
    outcome = str(last["state"]) if last else ""
    return JournalledRun(
        version,
        _goal(version, rows),
        rows[0]["at"],
        outcome=outcome,
        summary=str(last.get("detail", "")) if last else "",
        step=begun[-1] if begun else "",
        seconds=(last["at"] - rows[0]["at"]).total_seconds() if last else None,
        switched=switched,
        halted=outcome in BACKWARDS and bool(switched) and not back,
        previous=next((str(row["previous"]) for row in reversed(rows) if "previous" in row), None),
        back=any(row.get("direction") == BACK or row.get("step") == WAY_BACK[0] for row in rows),
    )


def _touched(row: dict[str, Any]) -> list[str]:
    """Return the services that a line of the journal tells the runner began to start anew, or to remove."""
    step = str(row.get("step"))
    if row.get("state") != "begun":
        return []
    if step == REMOVE:
        return [name for name in str(row.get("detail", "")).split(", ") if name]
    return [step.removeprefix(SWITCH)] if step.startswith(SWITCH) else []
