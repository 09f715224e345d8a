"""How tests are given to workers: what shares a host to one of them, and what takes longest first."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from gonogo.checks.plugin.options import MARKERS

TRIED = "tried(*methods, on, controller, target): a deployment that docs/engines.md names (tests.tried)"
ENGINES = "engines: takes long for what it tells, and is run by `make engines` and not by `make test`"
TOGETHER = ("tests/incidents", "tests/lab/data", "tests/lab/deployed", "tests/lab/stack")
"""Folders whose files share a host. It is made once, and gone when the last of them has ended."""
LONGEST = (
    "tests/lab/test_methods_deploy.py",
    "tests/faults/test_campaign.py",
    "tests/incidents",
    "tests/lab/test_deploy.py",
    "tests/lab/test_data_safety.py",
    "tests/lab/test_docs.py",
    "tests/lab/test_recovery.py",
    "tests/lab/test_plan.py",
    "tests/lab/test_any_stack.py",
    "tests/lab/test_methods_tar.py",
    "tests/lab/test_engines.py",
    "tests/lab/test_switch.py",
    "tests/lab/test_terminal.py",
    "tests/lab/deployed",
    "tests/lab/test_make.py",
    "tests/lab/test_new_user.py",
    "tests/lab/data",
    "tests/lab/test_limits.py",
    "tests/lab/test_faults.py",
    "tests/lab/test_adopt.py",
    "tests/lab/test_wheel.py",
    "tests/lab/test_stack.py",
    "tests/lab/test_version.py",
    "tests/mongo/test_shapes_data.py",
    "tests/lab/stack",
)
"""What takes a minute and more. Were it the last, the other workers would have nothing to do meanwhile."""


def pytest_configure(config: pytest.Config) -> None:
    """Know the markers of checks, which tests import without running them as checks, and heed SIGINT.

    What a shell starts in the background ignores it (POSIX, Shell Command Language, 2.11), and so does all
    that tests start from there.
    """
    for line in (*MARKERS, TRIED, ENGINES):
        config.addinivalue_line("markers", line)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def unit(nodeid: str) -> str:
    """Return the file of a test, or the folder, where its files share a host."""
    file = nodeid.partition("::")[0]
    folder = file.rpartition("/")[0]
    return folder if folder in TOGETHER else file


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the longest come first."""
    places = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(unit(item.nodeid), len(places)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object | None:
    """Return what gives whole units to workers, with ``--dist loadfile``; None else."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling  # noqa: PLC0415  only where there are workers

    class Units(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return unit(nodeid)

    return Units(config, log)
