"""The journal: on the target, one line before and one after each step of a release, never rewritten."""

from __future__ import annotations

import datetime
import json
import shlex
from typing import Any

from gonogo.deploy.host import remote_files
from gonogo.deploy.release import records
from gonogo.deploy.release.formats import FORMAT
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target import Target

FILE = "journal.jsonl"
END = "end"
"""What the last line of a run is about: its state is the run's verdict."""

SWITCH = "switch "
"""How the steps begin that start a service anew."""
REMOVE = "remove"
"""The step that removes services; its detail names them, separated by a comma and a space."""
FORWARDS, BACK = "forwards", "back"
"""The directions of a run: to its goal, or to what ran before it."""
MOST = 400
"""Lines that are asked for: those of the last releases are enough."""


def switched(connection: Connection, target: Target) -> dict[str, float]:
    """Return how many seconds the last switch of each service took that ended well, by service."""
    file = shlex.quote(str(target.deploy_path / FILE))
    return durations(connection.run(f"grep -F '\"{SWITCH}' -- {file} 2>/dev/null | tail -n {MOST}").text)


def durations(text: str) -> dict[str, float]:
    """Return as ``switched`` for the lines of a journal; those that are damaged are passed over."""
    begun: dict[tuple[str, str], datetime.datetime] = {}
    found = {}
    for line in text.splitlines():
        try:
            row = json.loads(line)
            step, version, state = (str(row[key]) for key in ("step", "version", "state"))
            at = datetime.datetime.fromisoformat(row["at"]).astimezone(datetime.UTC)
        except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
            continue
        if step.startswith(SWITCH) and state == "begun":
            begun[step, version] = at
        elif state == "done" and (step, version) in begun:
            found[step.removeprefix(SWITCH)] = (at - begun[step, version]).total_seconds()
    return found


class Journal:
    """Writes the steps of one run. It is written before the step, so a killed runner leaves a trace.

    ``connection``: what it is written over; another one may take its place. ``goal``: the release to which
    the run leads; ``previous``: the one that it goes back to, empty for none; ``direction``: which of them
    it is on its way to.
    """

    def __init__(
        self, connection: Connection, target: Target, version: str, goal: str = "", previous: str = ""
    ) -> None:
        self.connection, self._version = connection, version
        self.goal, self.previous, self.direction = goal or version, previous, FORWARDS
        self._path = target.deploy_path / FILE

    def write(self, step: str, state: str, detail: str = "") -> None:
        """Append a line: version, step, state (``begun``, ``done``, ``failed``), time; GonogoError."""
        line: dict[str, Any] = {
            "format": FORMAT,
            "at": records.now().isoformat(timespec="milliseconds"),
            "version": self._version,
            "step": step,
            "state": state,
        }
        if state == "begun":
            line |= {"goal": self.goal, "previous": self.previous, "direction": self.direction}
        detail = self.connection.redact(detail)
        remote_files.append(
            self.connection, self._path, json.dumps({**line, **({"detail": detail} if detail else {})})
        )
