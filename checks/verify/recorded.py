"""What is recorded of the release that should run; where nothing is, there is nothing to compare with."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.compose.model import Model
from gonogo.deploy.host.container import Container
from gonogo.deploy.release.records import Record
from gonogo.deploy.release.verified import Verified
from gonogo.reports.model import Severity

NOTHING = "no release of gonogo is recorded on this target"


def record_of(release: Verified) -> Record:
    """Return the record of the release that should run; the check is skipped where there is none."""
    if release.record is None:
        pytest.skip(NOTHING)
    return release.record


def model_of(release: Verified) -> Model:
    """Return what the files of that release give now; the check is skipped where none is recorded."""
    record_of(release)
    return release.model


def edited_since(container: Container, record: Record) -> bool:
    """Return whether a container was made from the release as it was when it was recorded.

    Where such a one differs from what the release's files give now, what they read has changed since, as an
    env file does that somebody edits: the next release brings it, and this one has not failed.
    """
    return container.hash in record.hashes.get(container.service, "").split()


def as_given(
    expect: Expect, record: Record, faults: Mapping[Container, list[str]], *, found: str, expected: str
) -> None:
    """Expect no fault of any container; that of one whose files were edited since is a warning."""
    expect(True, found=found, expected=expected)
    for container, said in faults.items():
        severity: Severity | None = "warning" if edited_since(container, record) else None
        expect(not said, said, expected=expected, severity=severity)
