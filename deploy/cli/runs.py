"""The commands of the command line about runs: what ran, how to go back, how to go on."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import Annotated

import typer
from rich.table import Table

from gonogo.deploy import runner
from gonogo.deploy.cli import completion, tables
from gonogo.deploy.cli.options import AsJson, Name, Quiet, Reports, published
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host import foreign
from gonogo.deploy.host.container import Container
from gonogo.deploy.progress import choose, events, lines
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release import env_files, history, lock, records, versions
from gonogo.deploy.release.env_files import as_of
from gonogo.deploy.release.journal import END, Journal
from gonogo.deploy.release.release import Release
from gonogo.deploy.release.resolved import resolve
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target import target_file
from gonogo.deploy.target.target import Target


def roll_back(
    target: Name = None,
    to: Annotated[
        str,
        typer.Option(
            metavar="VERSION",
            help="the release to go to; else the one before",
            autocompletion=completion.versions,
        ),
    ] = "",
    quiet: Quiet = False,
    as_json: AsJson = False,
    reports: Reports = None,
) -> None:
    """Roll back to an earlier release that is on the target: its configuration and images, verified.

    Example: gonogo rollback production --to 8d03f5a1-20260131-080559
    """
    to = versions.wanted(to)
    found, progress = target_file.find(target), choose(quiet=quiet, as_json=as_json)
    record = runner.rollback(found, progress, to=to, published=published(found, reports))
    raise typer.Exit(record.exit_code)


def resume(
    target: Name = None, quiet: Quiet = False, as_json: AsJson = False, reports: Reports = None
) -> None:
    """Complete an interrupted run: forward where services were being replaced, else back.

    Example: gonogo resume production
    """
    found, progress = target_file.find(target), choose(quiet=quiet, as_json=as_json)
    record = runner.resume(found, progress, published=published(found, reports))
    raise typer.Exit(record.exit_code)


def show_history(
    target: Name = None,
    number: Annotated[int, typer.Option("-n", min=1, help="how many runs")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the runs on a target, newest first; * marks the release that is current.

    Example: gonogo history production -n 5
    """
    found = target_file.find(target)
    with Connection.open(found) as connection:
        runs, current = history.runs(connection, found), records.current(connection, found)
    if as_json:
        for run in runs[:number]:
            lines.write(_past(run, current))
        return
    table = Table("", "when (UTC)", "version", "seconds", "what became of it")
    for run in runs[:number]:
        mark = "*" if run.version == current else ""
        seconds = f"{run.seconds:.0f}" if run.seconds is not None else ""
        table.add_row(mark, f"{run.begun:%Y-%m-%d %H:%M:%S}", run.version, seconds, run.told)
    if runs:
        tables.show(table, ["version"])
    else:
        typer.echo(f"{found.name}: no run yet")


def status(target: Name = None, as_json: AsJson = False) -> None:
    """Show what runs, whether its images and env file are those released, the lock, and interrupted runs.

    Exit status 0 if there is nothing to do, 1 if there is.

    Example: gonogo status production
    """
    found = target_file.find(target)
    state = _state(found)
    if as_json:
        lines.write(state)
    else:
        typer.echo(
            f"release   {state.release or 'none'}" + (f", of {state.created}" if state.created else "")
        )
        for container in state.containers:
            typer.echo(
                f"  {container.told}{'' if container.released else ', which is not the image of the release'}"
            )
        if state.lacking:
            more = f"run `gonogo deploy {target_file.called(found)}`"
            typer.echo(f"lacking   {', '.join(state.lacking)}: fewer containers than the release has: {more}")
        if state.env_edited:
            typer.echo(f"env file  edited since the release, which runs without that: {state.env_edited}")
        typer.echo(f"lock      {state.lock or 'free'}")
        if state.cut_off:
            more = f"run `gonogo resume {target_file.called(found)}`"
            typer.echo(f"cut off   {state.cut_off}, which {state.cut_off_in}: {more}")
    raise typer.Exit(0 if state.well else 1)


def _state(target: Target) -> events.State:
    redactor = Redactor()
    with Connection.open(target, redact=redactor) as connection:
        release = Release(target, connection, redactor)
        current = records.current(connection, target)
        record = records.load(connection, target, current) if current else None
        held = release.host.lock(str(target.deploy_path)).held
        cut = history.unfinished(history.runs(connection, target))
        containers = [_container(container, record) for container in release.running]
        lacking = _lacking(release, record) if record else []
        edited = env_files.edited(release, record) if record else ""
    if held and not held.dead:
        cut = None  # whoever holds the lock is at it
    well = not lacking and all(container.well and container.released for container in containers)
    well = well and not cut and not (held and held.dead)
    return events.State(
        release=current,
        created=record.created if record else "",
        env_edited=edited,
        containers=containers,
        lacking=lacking,
        lock=_told(held, target, resumable=bool(cut)) if held else "",
        cut_off=cut.version if cut else "",
        cut_off_in=cut.told if cut else "",
        well=well,
    )


def _told(held: lock.Held, target: Target, *, resumable: bool) -> str:
    """What status says of a lock; of one that nobody will give back any more, what to do."""
    # Where a run can be resumed, that takes the lock over.
    more = f": run `gonogo unlock {target_file.called(target)}`" if held.dead and not resumable else ""
    return f"{held.told}{more}"


def _lacking(release: Release, record: records.Record) -> list[str]:
    """Return the services of a release that have fewer containers than they should; a one-shot needs none.

    Where the release's files cannot be resolved any more, nobody knows which are one-shots, nor how many
    containers each should have: every service needs one then.
    """
    there = Counter(container.service for container in release.running)
    wanted = dict.fromkeys(record.images, 1)
    files = records.files(release.target, record.version)
    with suppress(GonogoError):
        then = as_of(release.target, record)
        model = resolve(release.connection, then, files, release.redactor).model
        once = model.one_shots()
        scales = {name: service.scale for name, service in model.services.items()}
        baseline = records.load_baseline(release.connection, release.target, record.version)
        once |= set(baseline.not_repeated if baseline else ())
        wanted = {name: 0 if name in once else scales.get(name, 1) for name in wanted}
    return sorted(name for name, scale in wanted.items() if there[name] < scale)


def _container(container: Container, record: records.Record | None) -> events.Container:
    image = record.images.get(container.service) if record else None
    return events.Container(
        name=container.name,
        service=container.service,
        well=container.well or container.completed,
        released=image is None or image.id == container.image,
        told=container.told,
    )


def _past(run: history.JournalledRun, current: str) -> events.Past:
    return events.Past(
        version=run.version,
        begun=run.begun.isoformat(timespec="seconds"),
        seconds=run.seconds,
        outcome=run.outcome,
        summary=run.summary,
        current=run.version == current,
    )


def unlock(
    target: Name = None,
    reason: Annotated[str, typer.Option(help="why, for the journal")] = "",
) -> None:
    """Remove the lock of a dead run. The reason is written to the journal on the target.

    Example: gonogo unlock production --reason "the laptop of ada was stolen"
    """
    found = target_file.find(target)
    with Connection.open(found) as connection:
        foreign.refuse(connection, found.deploy_path)
        held = lock.remove(connection, found)
        if held:
            _note(connection, found, held, reason or "no reason given")
    since = f", since {held.holder.since}" if held and held.holder else ""
    typer.echo(f"{found.name}: {f'removed {held.whose}{since}' if held else 'no lock'}")


def _note(connection: Connection, target: Target, held: lock.Held, reason: str) -> None:
    journal = Journal(connection, target, f"{versions.UNLOCK}{records.now():%Y%m%d-%H%M%S}")
    journal.write(END, "unlocked", f"{held.whose} was removed: {reason}")
