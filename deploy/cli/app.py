"""The command line, ``gonogo`` and ``python -m gonogo.deploy``: it reads options and calls, no more."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import signal
import sys
from collections.abc import Callable
from typing import Annotated, NoReturn

import typer

from gonogo.deploy import runner
from gonogo.deploy.cli import data, forget, report, runs, suites, targets
from gonogo.deploy.cli.errors import code_of
from gonogo.deploy.cli.options import AsJson, Name, Quiet, Reports, SkipBuild, Strict, Version, Yes, published
from gonogo.deploy.errors import UsageError
from gonogo.deploy.progress import choose
from gonogo.deploy.redaction import tracebacks
from gonogo.deploy.release import versions
from gonogo.deploy.target import target_file

CODES = """Exit codes: 0 deployed; 1 no-go, nothing touched; 2 usage or target file; 3 failed, nothing
changed; 4 failed, rolled back and verified; 5 failed and rollback failed; 6 locked; 130 interrupted."""

NARROWEST, WIDEST = 36, 100
"""Columns of the help."""

app = typer.Typer(
    name="gonogo",
    help=f"Go/no-go checks for Docker Compose deployments over SSH, and a runner that obeys them.\n\n{CODES}"
    "\n\nExample: gonogo plan production",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    # Tables with frames cut the names of options off where there is no room.
    rich_markup_mode=None,
    context_settings={"terminal_width": max(NARROWEST, min(WIDEST, shutil.get_terminal_size().columns))},
)

DEBUG, JSON = "--debug", "--json"


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gonogo {importlib.metadata.version('gonogo')}")
        raise typer.Exit(0)


@app.callback()
def options(
    show: Annotated[
        bool, typer.Option(DEBUG, help=f"show tracebacks, redacted; as {tracebacks.VARIABLE}=1 does")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", help="print gonogo's version", callback=_say_version, is_eager=True)
    ] = False,
) -> None:
    """Take the options that every command has."""
    if show:
        tracebacks.switch_on()


def deploy(  # noqa: PLR0913, PLR0917  each is an option of the command
    target: Name = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    skip_build: SkipBuild = False,
    version: Version = None,
    strict: Strict = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="the same as `gonogo plan`")] = False,
    yes: Yes = False,
    reports: Reports = None,
) -> None:
    """Run the checks, show the plan, ask, deploy and verify; roll back if that fails. A report comes last.

    Example: gonogo deploy production

    Example, in a pipeline that has built and tagged the images: gonogo deploy production --version 1.4.2
    --skip-build --yes --json
    """
    found = target_file.find(target)
    place = published(found, reports)
    given = "" if version is None else versions.version(version)
    progress = choose(quiet=quiet, as_json=as_json)
    if dry_run:
        record = runner.plan(
            found, progress, skip_build=skip_build, strict=strict, version=given, published=place
        )
        raise typer.Exit(record.exit_code)
    if not yes and not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask on: use --yes, or see `gonogo plan` first")
    record = runner.deploy(
        found,
        progress,
        skip_build=skip_build,
        strict=strict,
        version=given,
        confirm=None if yes else lambda: typer.confirm(f"Deploy this to {found.name}?", err=True),
        published=place,
    )
    raise typer.Exit(record.exit_code)


def plan(  # noqa: PLR0913, PLR0917
    target: Name = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    skip_build: SkipBuild = False,
    version: Version = None,
    strict: Strict = False,
    reports: Reports = None,
) -> None:
    """Run the checks and show what a deployment would do. Nothing is changed. 0: go, 1: no-go.

    Example: gonogo plan production --strict
    """
    deploy(target, quiet, as_json, skip_build, version, strict, True, False, reports)


COMMANDS: dict[str, Callable[..., None]] = {
    "deploy": deploy,
    "plan": plan,
    "preflight": suites.preflight,
    "verify": suites.verify,
    "rollback": runs.roll_back,
    "resume": runs.resume,
    "status": runs.status,
    "history": runs.show_history,
    "unlock": runs.unlock,
    "forget": forget.forget,
    "backup": data.make_backup,
    "backups": data.list_backups,
    "restore": data.bring_back,
    "init": targets.init,
    "targets": targets.targets,
    "connect": targets.connect,
    "checks": suites.checks,
    "replay": suites.replay,
}
for called, command in COMMANDS.items():
    # The first sentence as it stands; else the list of commands would cut it off.
    app.command(called, short_help=(command.__doc__ or "").partition("\n")[0])(command)
app.add_typer(report.app, name="report")


def main() -> NoReturn:
    """Run one command and exit with its code; what a user can fix is one sentence on stderr."""
    signal.signal(signal.SIGTERM, _interrupt)
    words = hoisted(sys.argv[1:])
    code = code_of(lambda: app(words, prog_name="gonogo", standalone_mode=False), as_json=JSON in _own(words))
    try:
        sys.stdout.flush()
    except OSError:  # the reader went away; the interpreter would complain of it once more at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def hoisted(words: list[str]) -> list[str]:
    """Return the words with ``--debug`` in front: it may stand behind a command, where people write it."""
    own = _own(words)
    rest = [word for word in own if word != DEBUG] + words[len(own) :]
    return [DEBUG, *rest] if DEBUG in own else rest


def _own(words: list[str]) -> list[str]:
    """Return the words before ``--``, after which nothing is an option."""
    return words[: words.index("--")] if "--" in words else words


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
