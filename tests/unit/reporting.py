"""Reports that are sent somewhere, and a target that is this machine."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from gonogo.deploy.ssh.connection import Result
from gonogo.deploy.steps.publishing import Report
from gonogo.deploy.target.target import Target
from gonogo.reports.model import Release
from gonogo.reports.publish import publish
from tests.unit.releases import check, release
from tests.unit.stacks import target

NAMES = ("index.html", "junit.xml", "release.json")


class Here:
    """Stands in for a connection: its target is this machine."""

    host = "web"

    def check(self, command: str, *, stdin: bytes = b"", **_: Any) -> Result:
        done = subprocess.run(["sh", "-c", command], input=stdin, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return Result(command, 0, done.stdout, done.stderr, 0.0)


def small(version: str = "v1", **changed: object) -> Release:
    fields = {"target": "shop", "checks": [check("a.b")], "links": {}, "version": version, "logs": {}}
    return release(**{**fields, **changed})


def written(folder: Path, version: str = "v1", redact: Any = str, **changed: object) -> Report:
    record = small(version, **changed)
    return Report(publish(record, folder / "reports"), record, redact)


def wanting(folder: Path, **wanted: object) -> Target:
    return target(folder, source=str(folder), path=str(folder / "stack"), publishing=wanted)


def tree(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
