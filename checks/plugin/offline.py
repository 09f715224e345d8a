"""The offline mode, ``-m offline``: only the repository is looked at, and no connection is opened."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from gonogo.checks.plugin.suite import Suite
from gonogo.deploy.errors import UsageError
from gonogo.deploy.release.offline import OFFLINE, OfflineRelease
from gonogo.deploy.ssh.transcript import Entry

NOTE = "offline: only the repository was looked at, and no connection was opened"
LOOKED = "only the repository was looked at"
NEEDING = ("--skip-build", "--images-of", "--release", "--under-way", "--baseline", "--record")
"""Options that mean something of a target or of an engine."""
USE = (
    "its marker has to be @pytest.mark.offline, with `without` as a keyword: what of it is then not looked at"
)


def asked(config: pytest.Config) -> bool:
    """Return whether ``-m`` names this mode. A recording needs none: it asks no target anyway."""
    return OFFLINE in re.findall(r"\w+", config.option.markexpr) and not config.getoption("--replay")


def wanted(config: pytest.Config, selected: Sequence[pytest.Item]) -> bool:
    """Return whether a run is offline: ``-m`` asks for it, and every check that was selected allows it.

    So ``-m "offline or lab"`` is offline only where no other check is meant. Raises as ``without``.
    """
    return asked(config) and all(without(item) is not None for item in selected)


def begin(suite: Suite, config: pytest.Config) -> None:
    """Let a run know the repository alone; raises UsageError for options that need a target."""
    if wrong := [name for name in NEEDING if config.getoption(name)]:
        raise UsageError(f"-m offline looks at the repository alone: leave out {' and '.join(wrong)}")
    suite.release, suite.offline = OfflineRelease(suite.target, suite.redactor), True
    suite.notes.append(NOTE)


def note(suite: Suite, item: pytest.Item) -> None:
    """Add to the evidence of a check what of it was not looked at, where that is anything."""
    if suite.offline and (left_out := without(item)):
        suite.release.transcript.add(Entry(LOOKED, None, f"not looked at: {left_out}", 0.0))


def without(item: pytest.Item) -> str | None:
    """Return what of a check is not looked at offline, "" for nothing; None where it does not run then.

    Raises UsageError for a marker that is used wrongly.
    """
    marker = item.get_closest_marker(OFFLINE)
    if marker is None:
        return None
    if marker.args or marker.kwargs.keys() - {"without"}:
        raise UsageError(f"{item.nodeid}: {USE}")
    return str(marker.kwargs.get("without", ""))


def told(item: pytest.Item) -> str:
    """Return a word for the list of checks: whether a check runs offline, in whole or in part."""
    left_out = without(item)
    return "" if left_out is None else "offline, in part" if left_out else OFFLINE
