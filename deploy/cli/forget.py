"""The command of the command line that takes gonogo off a target."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from gonogo.deploy.cli.options import RequiredName, Yes
from gonogo.deploy.errors import GonogoError, UsageError
from gonogo.deploy.host import foreign
from gonogo.deploy.release import locking
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.steps import forget as forgetting
from gonogo.deploy.target import target_file
from gonogo.deploy.target.target import Target


def forget(
    target: RequiredName,
    backups: Annotated[bool, typer.Option("--backups", help="remove the backups, too")] = False,
    yes: Yes = False,
) -> None:
    """Remove what gonogo keeps on a target: releases, journal, reports, tags of images. The stack goes on.

    Backups stay, unless --backups is given. There is no way back afterwards but to backups that stay.

    Example: gonogo forget production
    """
    found = target_file.find(target)
    with Connection.open(found) as connection:
        foreign.refuse(connection, found.deploy_path)
        lock = locking.Lock(connection, found, "forget")
        if not lock.take():
            raise GonogoError(f"{found.host}: there is no folder {found.path} that the login may write to")
        nothing = True
        try:
            kept = forgetting.kept(connection, found)
            told = kept.told(backups=backups)
            nothing = not told
            if told:
                _confirm(found, told, yes)
                forgetting.remove(connection, found, kept, backups=backups)
                told = kept.told(backups=backups)
        finally:
            lock.give_back(untouched=nothing)
        there = forgetting.left(connection, found)
    for line in told:
        typer.echo(f"removed {line}")
    for line in _stays(found, kept, there, backups):
        typer.echo(f"stays   {line}")
    if nothing:
        typer.echo(f"{found.name}: nothing to remove on {found.host}")


def _confirm(target: Target, told: list[str], yes: bool) -> None:
    if yes:
        return
    what = f"{target.name} on {target.host}"
    if not sys.stdin.isatty():
        raise UsageError(f"{what}: without a terminal to confirm that, --yes is needed")
    for line in told:
        typer.echo(f"  {line}", err=True)
    if not typer.confirm(f"Remove this of {what}? There is no way back to these releases then.", err=True):
        raise GonogoError("nothing was removed")


def _stays(target: Target, kept: forgetting.Kept, there: list[str], backups: bool) -> list[str]:
    """Return in words what stays: backups, tags that are in use, and what is none of ours."""
    lines, stay = [], kept.backups and not backups
    if stay:
        what = f"{len(kept.backups)} backup{'' if len(kept.backups) == 1 else 's'}"
        lines.append(f"{what} in {target.backup_path}: --backups removes what is there of this target")
    if kept.used:
        lines.append(f"tags of images that containers are made of: {', '.join(kept.used)}")
    inside = target.backup_path.parts[len(target.deploy_path.parts) :][:1]
    if others := [name for name in there if not (stay and (name,) == inside)]:
        lines.append(f"in {target.deploy_path}: {', '.join(others)}")
    return lines
