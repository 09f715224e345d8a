"""Options of the check suites, and the plugin that gives them a target; nothing else."""

from __future__ import annotations

import pytest

pytest_plugins = [
    "gonogo.checks.fixtures",
    "gonogo.checks.columns",
    "gonogo.checks.plugin",
    "gonogo.checks.summary",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that say which target is checked and where the results go."""
    group = parser.getgroup("gonogo", "go/no-go checks of a target")
    group.addoption("--target", metavar="NAME|FILE", help="the target: a name in deploy/targets, or a file")
    group.addoption("--results", metavar="FILE", help="append each check's result to FILE, one JSON a line")
    group.addoption("--skip-build", action="store_true", help="check for a release of images already built")
    group.addoption("--images-of", metavar="VERSION", help="with --skip-build: those built as this version")
    group.addoption("--release", metavar="VERSION", help="verify against this release, not the current one")
    group.addoption("--under-way", metavar="VERSION", help="this run is part of that release's deployment")
    group.addoption("--record", metavar="FILE", help="write what was answered, masked, for --replay")
    group.addoption("--replay", metavar="FILE", help="judge a recording again, without the target")
    group.addoption("--catalogue", action="store_true", help="list the checks, and run none")
    group.addoption("--baseline", metavar="VERSION", help="compare with the state before this release")
    group.addoption("--availability", metavar="FILE", help="how the stack answered meanwhile, as JSON")
