"""The catalogue: every check that there is, and which tests are checks at all."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from gonogo.checks.plugin.judge import Check
from gonogo.checks.plugin.offline import told

FOLDER = Path(__file__).resolve().parents[1]
OURS = FOLDER.parent
MARKER = re.compile(r'mark\.check\(\s*"([^"]+)"')
"""How a check names its id: reading it so takes a hundredth of the time of importing the checks."""
MARKED = re.compile(r'mark\.check\(\s*"([^"]+)"(.*?)\n\)', re.DOTALL)
"""The same, with the rest of its marker."""
SMOKE: pytest.StashKey[frozenset[Path]] = pytest.StashKey()
"""A team's own test files that are a part of this run."""
FIXTURES = {"suite", "target", "host", "controller", "release", "expect"}


def is_check(item: pytest.Item) -> bool:
    """Return whether a test is a check of a target.

    All in the folders of checks are, and all in the smoke tests of the target; elsewhere those that bear the
    marker or ask for a fixture of ours, so that users can keep their own beside their stack. The project's
    own tests are none.
    """
    if within(item.path, FOLDER) or item.path in item.config.stash.get(SMOKE, ()):
        return True
    if within(item.path, OURS / "tests"):
        return False
    return item.get_closest_marker("check") is not None or not FIXTURES.isdisjoint(
        getattr(item, "fixturenames", ())
    )


@functools.cache
def within(path: Path, folder: Path) -> bool:
    """Return whether a path lies in a folder, symbolic links aside."""
    return path.is_relative_to(folder) or path.resolve().is_relative_to(folder)


@functools.cache
def ids(folder: Path = FOLDER) -> frozenset[str]:
    """Return the ids of all checks in the suites, also of the one that does not run now."""
    files = sorted(folder.glob("*/test_*.py"))
    return frozenset(found for file in files for found in MARKER.findall(file.read_text(encoding="utf-8")))


@functools.cache
def guards(folder: Path = FOLDER) -> frozenset[str]:
    """Return the ids of the checks of the suites that guard data."""
    texts = (file.read_text(encoding="utf-8") for file in sorted(folder.glob("*/test_*.py")))
    return frozenset(
        found for text in texts for found, keywords in MARKED.findall(text) if "data=True" in keywords
    )


def listed(items: Iterable[pytest.Item]) -> list[str]:
    """Return lines that tell each check's id, suite, severity and whether it runs offline; title, reason.

    Raises GonogoError for a marker that is used wrongly.
    """
    known = [(item, Check.of(item)) for item in items]
    width = max((len(check.id) for _, check in known), default=0)
    lines: list[str] = []
    for item, check in known:
        kind = f"{check.severity}, guards data" if check.data else check.severity
        lines.append(f"{check.id:<{width}}  {item.path.parent.name:<9}  {kind:<18}  {told(item)}".rstrip())
        lines.append(f"    {check.title}")
        lines += [f"    {check.reason}"] if check.reason else []
    return lines
