"""What the checks of a run found, whether that is go, and the files that they and the runner exchange."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.reports.model import Availability, CheckResult, SuiteEnd

FOUND: pytest.StashKey[list[CheckResult]] = pytest.StashKey()
"""The results of a run, in the order in which they came."""
UNJUDGED: pytest.StashKey[list[str]] = pytest.StashKey()
"""The ids of the checks that were selected and did not run, as after ``pytest.exit``."""
STOPPING = ("failed", "blocked")


def go(found: Iterable[CheckResult]) -> bool:
    """Return whether a run is go: a check ran, and none failed or was blocked."""
    ran = [result.status for result in found if result.status != "skipped"]
    return bool(ran) and not any(status in STOPPING for status in ran)


def try_file(option: str, file: str | None) -> None:
    """Raise GonogoError where the file of an option cannot be written."""
    try:
        if file:
            os.close(os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600))
    except OSError as error:
        raise GonogoError(f"{option} {file} cannot be written: {error.strerror}") from None


def write(file: str | None, record: CheckResult | SuiteEnd) -> None:
    """Append a record to a file, where there is one."""
    if file:
        # 0600: redacted or not, what a target says of itself is not for everybody.
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as out:
            out.write(record.model_dump_json() + "\n")


def availability(file: str | None) -> Availability | None:
    """Return what the file of ``--availability`` tells, None without one; raises GonogoError."""
    try:
        return Availability.model_validate_json(Path(file).read_bytes()) if file else None
    except (OSError, ValueError):
        raise GonogoError(f"--availability {file} cannot be read: it is what the runner writes") from None
