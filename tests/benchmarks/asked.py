"""Runs pytest and writes down what it asks of the target, so that others can be timed asking the same.

It is ``python -m tests.benchmarks.asked FILE ARGUMENTS``: a plugin of pytest would come too late.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from gonogo.deploy.ssh.connection import Connection, Result


@dataclass(frozen=True)
class Question:
    """A command that changes nothing, and its standard input."""

    command: str
    stdin: str


def load(file: Path) -> list[Question]:
    """Return what was written, each question once."""
    return [Question(**one) for one in json.loads(file.read_text())]


def main() -> int:
    """Run pytest with the arguments behind the file's name; return its exit status."""
    file = Path(sys.argv.pop(1))
    found: dict[Question, None] = {}
    run = Connection.run

    def noted(self: Connection, command: str, **given: Any) -> Result:
        if not given.get("mutates") and not given.get("live"):
            found[Question(command, (given.get("stdin") or b"").decode())] = None
        return run(self, command, **given)

    Connection.run = noted  # type: ignore[method-assign]
    status = pytest.main()
    file.write_text(json.dumps([asdict(one) for one in found]))
    return status


if __name__ == "__main__":
    sys.exit(main())
