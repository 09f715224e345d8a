"""What is recorded of the release that should run; where nothing is, there is nothing to compare with."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from gonogo.checks.suite import Suite
from gonogo.deploy.compose.model import Model
from gonogo.deploy.host.container import Container
from gonogo.deploy.release import Record

NOTHING = "no release of gonogo is recorded on this target"


def release_of(suite: Suite) -> Record:
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


def edited_since(differing: Iterable[Container], release: Record) -> bool:
    """Return whether all containers that differ were made from the release as it was when it was recorded.

    Where such a one differs from what the release's files give now, what they read has changed since, as an
    env file does that somebody edits: the next release brings it, and this one has not failed.
    """
    containers = list(differing)
    return bool(containers) and all(
        container.hash in release.hashes.get(container.service, "").split() for container in containers
    )
