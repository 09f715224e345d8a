"""The pytest plugin ``gonogo`` (its entry point): options and fixtures, where a run is one of checks.

Every pytest of an environment loads it, also where somebody else's tests run: so it imports little, and takes
no option that is not meant for it or that is somebody else's.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from gonogo.checks.plugin import argv

PARTS = ("fixtures", "columns", "phases", "plugin", "summary")
"""The plugins of a run of checks, in gonogo.checks.plugin."""
MARKERS = (
    "check(id, reason, fix, severity, data, last): a condition of a deployment with a stable id",
    "offline(without): can be judged from the repository alone; `without`: what of it is then not looked at",
)
OURS = ("--target", "--replay", "--catalogue")
"""Options that make a run one of checks, whatever tests it names."""
RUN: pytest.StashKey[list[str]] = pytest.StashKey()
"""The suites that a run of checks names; missing in every other run."""


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None, object, object]:
    """Add our options where the run is one of checks, but for those that a conftest or a plugin has added."""
    done = yield
    folder = early_config.invocation_params.dir
    words = list(argv.expanded(args, folder))
    suites, theirs = argv.suites(words, folder), _known(parser)
    asked = any(given(words, option) for option in OURS if option not in theirs)
    # A worker of pytest-xdist has the options of the controller, and of its words the paths alone.
    if suites or asked or hasattr(early_config.option, "gonogo_target"):
        early_config.stash[RUN] = suites
        add(parser, theirs)
    return done


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugins of a run of checks; after testinfra's, so that ``host`` is ours.

    Raises pytest.UsageError where pytest is configured to overlook some of our checks.
    """
    suites = config.stash.get(RUN, None)
    if suites is None:
        return
    if suites:
        _sees_all(config)
    for line in MARKERS:
        config.addinivalue_line("markers", line)
    for part in PARTS:
        config.pluginmanager.import_plugin(f"gonogo.checks.plugin.{part}")


def given(words: Sequence[str], option: str) -> bool:
    """Return whether a command line holds an option."""
    return any(word == option or word.startswith(f"{option}=") for word in words)


def add(parser: pytest.Parser, theirs: frozenset[str] = frozenset()) -> None:
    """Add the options that say which target is checked and where the results go, but for ``theirs``."""
    group = parser.getgroup("gonogo", "go/no-go checks of a target")

    def option(name: str, **settings: Any) -> None:
        if name not in theirs:
            group.addoption(name, dest=f"gonogo_{name.strip('-').replace('-', '_')}", **settings)

    option("--target", metavar="NAME|FILE", help="the target: its name, or the path of its file")
    option("--results", metavar="FILE", help="append each check's result to FILE, one JSON a line")
    option("--skip-build", action="store_true", help="check for a release of images already built")
    option("--images-of", metavar="VERSION", help="with --skip-build: those built as this version")
    option("--release", metavar="VERSION", help="verify against this release, not the current one")
    option("--under-way", metavar="VERSION", help="this run is part of that release's deployment")
    option("--record", metavar="FILE", help="write what was answered, masked, for --replay")
    option("--replay", metavar="FILE", help="judge a recording again, without the target")
    option("--catalogue", action="store_true", help="list the checks, and run none")
    option("--baseline", metavar="VERSION", help="compare with the state before this release")
    option("--availability", metavar="FILE", help="how the stack answered meanwhile, as JSON")


def _known(parser: pytest.Parser) -> frozenset[str]:
    """Return the names of all options that were added until now."""
    groups = [parser._anonymous, *parser._groups]
    return frozenset(name for group in groups for option in group.options for name in option.names())


def _sees_all(config: pytest.Config) -> None:
    files, functions = config.getini("python_files"), config.getini("python_functions")
    names = [file.name for file in Path(argv.FOLDER).glob("*/test_*.py")]
    seen = all(any(fnmatch.fnmatch(name, pattern) for pattern in files) for name in names)
    if not seen or not {"test", "test_", "test*", "test_*"} & set(functions):
        raise pytest.UsageError(
            f"{config.inipath}: python_files = {' '.join(files)}, python_functions = {' '.join(functions)} "
            "would leave out checks of gonogo: add test_*.py and test there, or run `gonogo preflight` and "
            "`gonogo verify`, which do not read that file"
        )


def one_host(item: pytest.Item) -> None:
    """Raise pytest.UsageError where testinfra is told of another host than that of the target file."""
    told = [f"--{name}" for name in ("hosts", "connection", "sudo") if item.config.getoption(name, None)]
    if hasattr(getattr(item, "module", None), "testinfra_hosts"):
        told.append(f"testinfra_hosts in {item.path.name}")
    if told:
        raise pytest.UsageError(
            f"{', '.join(told)} beside --target: `host` is that of the target file, reached as it says: "
            "leave it out, or run the tests that need another host without --target"
        )
