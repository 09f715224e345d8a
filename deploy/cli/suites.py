"""The commands of the command line that run the suites by themselves; they read options and call, no more."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Annotated

import typer

from gonogo.deploy.cli.options import Name, Strict
from gonogo.deploy.steps import recording
from gonogo.deploy.steps.suites import SUITES, command, environment
from gonogo.deploy.target import target_file


def preflight(target: Name = None, strict: Strict = False) -> None:
    """Run the preflight suite: may a deployment start? Nothing is changed.

    It is `pytest --pyargs gonogo.checks.preflight --target NAME`, whatever pytest is configured to do here.

    Example: gonogo preflight production --strict
    """
    raise typer.Exit(_suite("preflight", target, strict))


def verify(target: Name = None, strict: Strict = False) -> None:
    """Run the verify suite: does what was released run, and is its data there?

    It is `pytest --pyargs gonogo.checks.verify --target NAME`, whatever pytest is configured to do here.

    Example: gonogo verify production
    """
    raise typer.Exit(_suite("verify", target, strict))


def checks() -> None:
    """List all checks: id, suite, severity, the condition, and the reason for it.

    Example: gonogo checks
    """
    raise typer.Exit(_pytest(*SUITES, "--catalogue", "-q", "-p", "no:cacheprovider"))


def replay(
    report: Annotated[Path, typer.Argument(help="a report's folder, or a recording (*.recording.json)")],
    strict: Strict = False,
) -> None:
    """Run the checks again on the recording of a finished preflight. The target is not asked.

    Example: gonogo replay reports/published/production/8d03f5a1-20260131-080559
    """
    recording.load(report)  # a wrong path is told in one sentence
    options = ["--strict"] if strict else []
    raise typer.Exit(_pytest("preflight", "--replay", str(report.absolute()), *options))


def _suite(suite: str, target: str | None, strict: bool) -> int:
    found = target_file.find(target)
    options = ["--strict"] if strict else []
    return _pytest(suite, "--target", str(found.file), *options)


def _pytest(*arguments: str) -> int:
    return subprocess.run(command(*arguments), env=environment(), check=False).returncode
