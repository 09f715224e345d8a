"""The commands of the command line about target files and connections: they read options and call."""

from __future__ import annotations

import shlex
import sys
import time
import tomllib
from pathlib import Path
from typing import Annotated

import typer

from gonogo.deploy.cli.options import Name
from gonogo.deploy.compose.default_files import default_files
from gonogo.deploy.errors import UsageError
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target import target_file, workspace
from gonogo.deploy.target.init import drafting

LOOK_S = 10.0
"""Seconds between two looks at a connection that is held open."""


def connect(target: Name = None) -> None:
    """Keep a connection open until Ctrl-C; runs with the variable that it prints need no handshake.

    Example: gonogo connect production
    """
    found = target_file.find(target)
    with Connection.open(found) as connection:
        if not connection.environment:
            raise UsageError(f"{found.name} is this machine, for which no connection is needed")
        try:
            for name, value in connection.environment.items():
                print(f"export {name}={shlex.quote(value)}", flush=True)
            print(f"gonogo: connected to {found.host}; Ctrl-C ends it", file=sys.stderr)
            while True:
                time.sleep(LOOK_S)
                connection.check("true")
        except KeyboardInterrupt:
            return


def targets(
    example: Annotated[
        bool, typer.Option("--example", help="print a target file that explains every key")
    ] = False,
) -> None:
    """List the targets of this repository, then the validation errors of their files.

    Example: gonogo targets
    """
    if example:
        typer.echo(workspace.EXAMPLE.read_text(encoding="utf-8"), nl=False)
        return
    wrong: list[str] = []
    for name, file in workspace.here().files().items():
        try:
            target = target_file.load(file)
        except UsageError as error:
            wrong.append(str(error))
        else:
            typer.echo(f"{name:<20} {target.host:<40} {target.project}")
    if wrong:
        raise UsageError("\n".join(wrong))


def init(  # noqa: PLR0913, PLR0917  each is an option of the command
    compose_files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILES", help="compose files; else those found here")
    ] = None,
    host: Annotated[str, typer.Option(help="ssh://user@host:port, an alias of ssh_config, or local")] = "",
    path: Annotated[str, typer.Option(help="the stack's folder on that host")] = "",
    name: Annotated[str, typer.Option(help="the target's name; else the project's")] = "",
    project: Annotated[str, typer.Option(help="the Compose project; else as Compose derives it")] = "",
    env_file: Annotated[str, typer.Option(help="the env file on the host, relative to --path")] = "",
    output: Annotated[Path | None, typer.Option(help="where to write; else gonogo/NAME.toml")] = None,
) -> None:
    """Write a target file from compose files, asking only for what they do not say.

    Example: gonogo init --host ssh://deploy@server.example.org --path /srv/shop
    """
    files = compose_files or default_files(Path.cwd())
    host = host or _asked("host", "ssh://user@host:port, an ssh_config alias, or local")
    path = path or _asked("path", "the stack's folder on that host, such as /srv/chat")
    place = workspace.here()
    folder = output.parent if output else place.targets
    if output and output.suffix != ".toml":
        raise UsageError(f"--output {output}: a target file's name ends in .toml, so give {output}.toml")
    if not output and place.targets != workspace.CHECKOUT.targets and workspace.is_foreign(folder):
        raise UsageError(
            f"{folder} is no folder of target files but a project of its own: give --output "
            f"{folder.parent / workspace.SINGLE}"
        )
    text = drafting.draft(
        files,
        host=host,
        path=path,
        name=name or (output.stem if output else None),
        project=project or None,
        env_file=env_file or None,
        folder=folder,
    )
    chosen = tomllib.loads(text)["name"]
    if not output and (other := place.files().get(chosen)):
        raise UsageError(f"{other} exists already, a target called {chosen}: edit it, or give another --name")
    file = drafting.write(text, output or folder / f"{chosen}.toml")
    if not output:
        place.keep_reports_out_of_git()
    shown = workspace.here().called(file)
    typer.echo(f"wrote {file}: read it, then run `gonogo preflight {shown}`")


def _asked(option: str, what: str) -> str:
    if not sys.stdin.isatty():
        raise UsageError(f"--{option} is missing: give {what}")
    return str(typer.prompt(f"{option} ({what})"))
