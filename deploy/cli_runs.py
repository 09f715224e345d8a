"""The commands of the command line about runs: what ran, how to go back, how to go on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from deploy import history, lock, recovery, release, runner, target_file
from deploy.connection import Connection
from deploy.facts import Facts
from deploy.journal import END, Journal
from deploy.progress import choose
from deploy.redact import Redactor
from deploy.target import Target

Name = Annotated[str | None, typer.Argument(help="a name in deploy/targets, or the path of a target file")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="say only how it ended")]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON object a line")]
Reports = Annotated[Path, typer.Option(help="where reports are published")]


def roll_back(
    target: Name = None,
    to: Annotated[str, typer.Option(help="the release to go to; else the one before")] = "",
    quiet: Quiet = False,
    as_json: AsJson = False,
    reports: Reports = runner.PUBLISHED,
) -> None:
    """Go back to an earlier release that is on the target: its configuration and its images, verified.

    Example: gonogo rollback production --to 8d03f5a1-20260131-080559
    """
    progress, place = choose(quiet=quiet, as_json=as_json), reports.absolute()
    record = recovery.rollback(target_file.find(target), progress, to=to, published=place)
    raise typer.Exit(record.exit_code)


def resume(
    target: Name = None, quiet: Quiet = False, as_json: AsJson = False, reports: Reports = runner.PUBLISHED
) -> None:
    """Bring a run to its end that was cut off: on where services were being replaced, else back."""
    progress = choose(quiet=quiet, as_json=as_json)
    record = recovery.resume(target_file.find(target), progress, published=reports.absolute())
    raise typer.Exit(record.exit_code)


def show_history(
    target: Name = None, number: Annotated[int, typer.Option("-n", help="how many runs")] = 20
) -> None:
    """List the runs on a target, newest first; * marks the release that is current."""
    found = target_file.find(target)
    with Connection.open(found) as connection:
        runs, current = history.runs(connection, found), release.current(connection, found)
    table = Table("", "when (UTC)", "version", "seconds", "what became of it")
    for one in runs[:number]:
        mark = "*" if one.version == current else ""
        seconds = f"{one.seconds:.0f}" if one.seconds is not None else ""
        table.add_row(mark, f"{one.begun:%Y-%m-%d %H:%M:%S}", one.version, seconds, one.told)
    Console().print(table if runs else f"{found.name}: no run yet")


def status(target: Name = None) -> None:
    """Say what runs, whether it is what was released, who holds the lock, and what was cut off.

    Exit status 0 where all is in order, 1 where something has to be done.
    """
    found, redactor = target_file.find(target), Redactor()
    with Connection.open(found, redact=redactor) as connection:
        facts = Facts(found, connection, redactor)
        current = release.current(connection, found)
        record = release.load(connection, found, current) if current else None
        held, cut = lock.look(connection, found), history.unfinished(history.runs(connection, found))
        typer.echo(f"release   {current or 'none'}" + (f", of {record.created}" if record else ""))
        wrong = False
        for one in facts.running:
            same = (
                record is None
                or one.service not in record.images
                or one.image == record.images[one.service].id
            )
            wrong = wrong or not one.well or not same
            told = "" if same else ", which is not the image of the release"
            typer.echo(f"  {one.told}{told}")
        typer.echo(f"lock      {held.told if held else 'free'}")
        if cut and not (held and not held.dead):
            typer.echo(f"cut off   {cut.version}, which {cut.told}: run `gonogo resume {found.name}`")
            wrong = True
    raise typer.Exit(1 if wrong or (held and held.dead) else 0)


def unlock(
    target: Name = None,
    reason: Annotated[str, typer.Option(help="why, for the journal")] = "",
) -> None:
    """Remove the lock of a run that died; why is kept in the journal on the target."""
    found = target_file.find(target)
    with Connection.open(found) as connection:
        holder = lock.remove(connection, found)
        if holder:
            _note(connection, found, holder, reason or "no reason given")
    told = (
        f"removed the lock of {holder.who} on {holder.machine}, since {holder.since}" if holder else "no lock"
    )
    typer.echo(f"{found.name}: {told}")


def _note(connection: Connection, target: Target, holder: lock.Holder, reason: str) -> None:
    told = f"the lock of {holder.who} on {holder.machine} was removed: {reason}"
    journal = Journal(connection, target, f"unlock-{release.now():%Y%m%d-%H%M%S}")
    journal.write(END, "unlocked", told)
