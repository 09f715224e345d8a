"""The journal: on the target, one line before and one after each step of a release, never rewritten."""

from __future__ import annotations

import json

from deploy import release, store
from deploy.connection import Connection
from deploy.target import Target

FILE = "journal.jsonl"


class Journal:
    """Writes the steps of one release. It is written before the step, so a killed runner leaves a trace."""

    def __init__(self, connection: Connection, target: Target, version: str) -> None:
        self._connection, self._version = connection, version
        self._path = target.deploy_path / FILE

    def write(self, step: str, state: str, detail: str = "") -> None:
        """Append a line: version, step, state (``begun``, ``done``, ``failed``), time; GonogoError."""
        line = {
            "at": release.now().isoformat(timespec="milliseconds"),
            "version": self._version,
            "step": step,
            "state": state,
        }
        detail = self._connection.redact(detail)
        store.append(
            self._connection, self._path, json.dumps({**line, **({"detail": detail} if detail else {})})
        )
