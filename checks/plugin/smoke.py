"""Smoke tests: a team's own tests that a target file names, as a part of the suite that follows a release."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from gonogo.checks.plugin import argv
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.target import target_file


def files(config: pytest.Config) -> Iterator[Path]:
    """Yield the files of the target's smoke tests that a run has as a part; none where it has no verify."""
    option, folder = config.getoption, config.invocation_params.dir
    if option("--catalogue") or option("--replay") or "verify" not in argv.suites(config.args, folder):
        return
    if any("::" in one for one in config.args):  # one check alone was asked for
        return
    if option("--baseline") not in (None, option("--release")):
        return  # what was gone back to need not pass the tests of what it was gone back from
    with contextlib.suppress(GonogoError):  # said as soon as it is clear that checks will run
        target = target_file.find(option("--target"))
        yield from (path for path in target.smoke_files if path.is_file())


def one_process(config: pytest.Config) -> None:
    """Raise GonogoError for smoke tests that would be divided among workers.

    What they do to the stack is judged by checks that come last, and no worker knows when the others end.
    """
    if any(files(config)):
        raise GonogoError("the target's smoke tests need one process: leave out -n")
