"""The command line, ``gonogo`` and ``python -m deploy``: it reads options and calls, no more."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from deploy import cli_data, cli_runs, recording, runner, target_file
from deploy import init as drafting
from deploy.connection import Connection
from deploy.errors import GonogoError, UsageError
from deploy.progress import choose
from deploy.suites import ROOT

CODES = """Exit codes: 0 deployed; 1 no-go, nothing touched; 2 usage or target file; 3 failed, nothing
changed; 4 failed, rolled back and verified; 5 failed and rollback failed; 6 locked; 130 interrupted."""

app = typer.Typer(
    name="gonogo",
    help=f"Go/no-go checks for Docker Compose deployments over SSH, and a runner that heeds them.\n\n{CODES}",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

LOOK_S = 10.0
"""Seconds between two looks at a connection that is held open."""

Name = Annotated[str | None, typer.Argument(help="a name in deploy/targets, or the path of a target file")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="say only how it ended")]
Strict = Annotated[bool, typer.Option("--strict", help="take warnings for errors")]
SkipBuild = Annotated[bool, typer.Option("--skip-build", help="take images that are built already")]
Reports = Annotated[Path, typer.Option(help="where reports are published")]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON object a line")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="do not ask; needed without a terminal")]


@app.command()
def deploy(  # noqa: PLR0913, PLR0917  each is an option of the command
    target: Name = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    skip_build: SkipBuild = False,
    strict: Strict = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="as `gonogo plan`: only tell")] = False,
    yes: Yes = False,
    reports: Reports = runner.PUBLISHED,
) -> None:
    """Check, show the plan and ask, deploy, verify, and go back if that fails; the report comes last."""
    found, place = target_file.find(target), reports.absolute()
    progress = choose(quiet=quiet, as_json=as_json)
    if dry_run:
        record = runner.plan(found, progress, skip_build=skip_build, strict=strict, published=place)
        raise typer.Exit(record.exit_code)
    if not yes and not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask on: give --yes, or look first with `gonogo plan`")
    record = runner.deploy(
        found,
        progress,
        skip_build=skip_build,
        strict=strict,
        confirm=None if yes else lambda: typer.confirm(f"Deploy this to {found.name}?"),
        published=place,
    )
    raise typer.Exit(record.exit_code)


@app.command()
def plan(  # noqa: PLR0913, PLR0917
    target: Name = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    skip_build: SkipBuild = False,
    strict: Strict = False,
    reports: Reports = runner.PUBLISHED,
) -> None:
    """Check, and tell what a deployment would do; the target is left as it is. 0: go, 1: no-go."""
    deploy(target, quiet, as_json, skip_build, strict, True, False, reports)


@app.command()
def preflight(target: Name = None, strict: Strict = False) -> None:
    """Run `pytest checks/preflight` for a target: may a deployment start? Nothing is changed."""
    raise typer.Exit(_suite("preflight", target, strict))


@app.command()
def verify(target: Name = None, strict: Strict = False) -> None:
    """Run `pytest checks/verify` for a target: is what runs there well?"""
    raise typer.Exit(_suite("verify", target, strict))


@app.command()
def checks() -> None:
    """List all checks: id, suite, severity, the condition, and the reason for it."""
    suites = [str(ROOT / "checks" / name) for name in ("preflight", "verify")]
    raise typer.Exit(_pytest(*suites, "--catalogue", "-q", "-p", "no:cacheprovider"))


@app.command()
def replay(
    report: Annotated[Path, typer.Argument(help="a report's folder, or a recording (*.recording.json)")],
    strict: Strict = False,
) -> None:
    """Judge a finished preflight again from its recording: nothing is asked of the target."""
    recording.load(report)  # a wrong path is told in one sentence
    options = ["--strict"] if strict else []
    raise typer.Exit(
        _pytest(str(ROOT / "checks" / "preflight"), "--replay", str(report.absolute()), *options)
    )


@app.command()
def connect(target: Name = None) -> None:
    """Hold a connection open until Ctrl-C; runs that are given the variable it prints need no handshake."""
    found = target_file.find(target)
    with Connection.open(found) as connection:
        if not connection.environment:
            raise UsageError(f"{found.name} is this machine, for which no connection is needed")
        for name, value in connection.environment.items():
            print(f"export {name}={shlex.quote(value)}", flush=True)
        print(f"gonogo: connected to {found.host}; Ctrl-C ends it", file=sys.stderr)
        try:
            while True:
                time.sleep(LOOK_S)
                connection.check("true")
        except KeyboardInterrupt:
            return


@app.command()
def targets() -> None:
    """List the targets in deploy/targets."""
    for file in sorted(target_file.TARGETS.glob("*.toml")):
        if file.stem != target_file.EXAMPLE:
            found = target_file.load(file)
            typer.echo(f"{found.name:<20} {found.host:<40} {found.project}")


@app.command()
def init(  # noqa: PLR0913, PLR0917  each is an option of the command
    compose_files: Annotated[
        list[Path] | None, typer.Argument(help="compose files; else those found here")
    ] = None,
    host: Annotated[str, typer.Option(help="ssh://user@host:port, an alias of ssh_config, or local")] = "",
    path: Annotated[str, typer.Option(help="the stack's folder on that host")] = "",
    name: Annotated[str, typer.Option(help="the target's name; else the project's")] = "",
    project: Annotated[str, typer.Option(help="the Compose project; else as Compose derives it")] = "",
    env_file: Annotated[str, typer.Option(help="the env file on the host, relative to --path")] = "",
    output: Annotated[Path | None, typer.Option(help="where to write; else deploy/targets/NAME.toml")] = None,
) -> None:
    """Write a target file from compose files, asking only for what they cannot tell."""
    files = compose_files or drafting.find_compose_files(Path.cwd())
    host = host or _asked("host", "ssh://user@host:port, an ssh_config alias, or local")
    path = path or _asked("path", "the stack's folder on that host, such as /srv/chat")
    folder = output.parent if output else target_file.TARGETS
    text = drafting.draft(
        files,
        host=host,
        path=path,
        name=name or (output.stem if output else None),
        project=project or None,
        env_file=env_file or None,
        folder=folder,
    )
    file = drafting.write(text, output or folder / (tomllib.loads(text)["name"] + ".toml"))
    typer.echo(f"wrote {file}: read it, then run `pytest checks/preflight --target {_shown(file)}`")


app.command("backup")(cli_data.make_backup)
app.command("backups")(cli_data.list_backups)
app.command("restore")(cli_data.bring_back)
app.command("rollback")(cli_runs.roll_back)
app.command("resume")(cli_runs.resume)
app.command("status")(cli_runs.status)
app.command("history")(cli_runs.show_history)
app.command("unlock")(cli_runs.unlock)


def main() -> NoReturn:
    """Run one command and exit with its code; what a user can mend is one sentence on stderr."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = app(standalone_mode=False)
    except typer.Exit as done:
        code = done.exit_code
    except typer.Abort:
        code = runner.INTERRUPTED
    except GonogoError as error:
        print(f"gonogo: {error}", file=sys.stderr)
        code = error.exit_code
    except KeyboardInterrupt:
        print("gonogo: interrupted", file=sys.stderr)
        code = runner.INTERRUPTED
    except Exception as error:
        show = getattr(error, "show", None)  # a usage error of click knows how to tell itself
        if show is None:
            raise
        show()
        code = 2
    sys.exit(code or 0)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _asked(option: str, what: str) -> str:
    if not sys.stdin.isatty():
        raise UsageError(f"--{option} is missing: give {what}")
    return str(typer.prompt(f"{option} ({what})"))


def _shown(file: Path) -> str:
    return file.stem if file.parent == target_file.TARGETS else str(file)


def _suite(suite: str, target: str | None, strict: bool) -> int:
    found = target_file.find(target)
    options = ["--strict"] if strict else []
    return _pytest(str(ROOT / "checks" / suite), "--target", str(found.file), *options)


def _pytest(*arguments: str) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=ROOT, check=False).returncode
