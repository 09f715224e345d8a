"""What is recorded of the release that should run; where nothing is, there is nothing to compare with."""

from __future__ import annotations

import pytest

from gonogo.checks.suite import Suite
from gonogo.deploy.model import Model
from gonogo.deploy.release import Release

NOTHING = "no release of gonogo is recorded on this target"


def release_of(suite: Suite) -> Release:
    """Return the release that should run; the check is skipped where none is recorded."""
    found = suite.expected_release
    if found is None:
        pytest.skip(NOTHING)
    return found


def model_of(suite: Suite) -> Model:
    """Return what the files of that release give now; the check is skipped where none is recorded."""
    found = suite.expected_model
    if found is None:
        pytest.skip(NOTHING)
    return found
