"""How the unit tests run, and what several files of them share."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gonogo.deploy.ssh.connection import Connection

# What is imported and collected stays to the end: to search it for garbage takes a twentieth of the run.
gc.disable()


def pytest_collectstart() -> None:
    """Say how many examples hypothesis tries. Where workers collect, the process above need not import it."""
    from hypothesis import HealthCheck, settings  # noqa: PLC0415

    # A deadline, or a limit on how long drawing takes, fails on a busy machine and tells nothing of the code.
    settings.register_profile(
        "unit", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("unit")


def pytest_collection_finish() -> None:
    """From here on search for garbage, in what the tests make."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def temporary() -> Iterator[None]:
    """What is made in the folder for temporary files is removed with all of it; its name is a short one."""
    with tempfile.TemporaryDirectory(prefix="gonogo-", ignore_cleanup_errors=True) as folder:
        before, tempfile.tempdir = tempfile.tempdir, folder
        yield
        tempfile.tempdir = before


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    """A connection to this machine."""
    from gonogo.deploy.ssh.connection import Connection  # noqa: PLC0415  not where workers run the tests
    from tests.unit.stacks import target  # noqa: PLC0415

    with Connection.open(target()) as connection:
        yield connection


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """A compose file in a folder whose name is no name of a target."""
    file = tmp_path / "My Shop" / "compose.yml"
    file.parent.mkdir()
    file.touch()
    return file
