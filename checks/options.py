"""The pytest plugin ``gonogo`` (its entry point): options and fixtures, where a run is one of checks.

Every pytest of an environment loads it, also where somebody else's tests run: so it imports little, and takes
no option that is not meant for it.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from gonogo.checks import argv

PARTS = ("fixtures", "columns", "plugin", "summary")
"""The plugins of a run of checks, in gonogo.checks."""
MARKERS = (
    "check(id, reason, fix, severity, data, last): a condition of a deployment with a stable id",
    "offline(without): can be judged from the repository alone; `without`: what of it is then not looked at",
)
OURS = {"--replay", "--catalogue"}
"""Options of ours that need no target."""


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Add our options where the command line is for us."""
    config: pytest.Config = pluginmanager.get_plugin("pytestconfig")
    if is_for_us(list(_words(config)), config.invocation_params.dir):
        add(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugins of a run of checks; after testinfra's, so that ``host`` is ours."""
    for line in MARKERS:
        config.addinivalue_line("markers", line)
    if hasattr(config.option, "under_way"):
        for part in PARTS:
            config.pluginmanager.import_plugin(f"gonogo.checks.{part}")


def is_for_us(words: Sequence[str], folder: Path) -> bool:
    """Return whether a command line, typed in ``folder``, runs checks.

    It does where it names one of our suites, or a target of gonogo: another tool's tests may have an option
    of that name.
    """
    targets = list(argv.values(words, "--target"))
    return bool(
        argv.suites(words, folder)
        or OURS & {word.partition("=")[0] for word in words}
        or any(argv.may_be_target(one, folder) for one in targets)
    )


def _words(config: pytest.Config) -> Iterator[str]:
    yield from config.invocation_params.args
    yield from shlex.split(os.environ.get("PYTEST_ADDOPTS", ""))
    yield from config.getini("addopts")
    # A worker of pytest-xdist has the options of the controller, and of its words the paths alone.
    if target := getattr(config.option, "target", None):
        yield f"--target={target}"


def add(parser: pytest.Parser) -> None:
    """Add the options that say which target is checked and where the results go."""
    group = parser.getgroup("gonogo", "go/no-go checks of a target")
    group.addoption("--target", metavar="NAME|FILE", help="the target: its name, or the path of its file")
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
