"""The commands of the command line that keep and bring back data; they read options and call, no more."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from gonogo.deploy.cli import completion, data_rows, tables
from gonogo.deploy.cli.options import AsJson, Name, RequiredName
from gonogo.deploy.errors import GonogoError, UsageError
from gonogo.deploy.mongodb.backup import backup as backups
from gonogo.deploy.mongodb.backup import backup_store
from gonogo.deploy.mongodb.backup.backup_store import Backup
from gonogo.deploy.mongodb.restore import imported, loader, proof, restore, staging_database
from gonogo.deploy.progress import Progress, choose, events, lines
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release import locking
from gonogo.deploy.release.release import Release
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.steps import backup as backup_step
from gonogo.deploy.target import target_file
from gonogo.reports.model import Step
from gonogo.reports.words import size

Yes = Annotated[bool, typer.Option("--yes", "-y", help="do not ask")]
BACKUP = "a name that `gonogo backups` lists, or latest"


def make_backup(
    target: Name = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="restore it into a throwaway server, and compare")
    ] = False,
    users: Annotated[bool, typer.Option("--users", help="with the database's users and roles")] = False,
    from_: Annotated[
        Path | None,
        typer.Option("--import", metavar="PATH", help="a directory or archive that mongodump made elsewhere"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Back up MongoDB into the backup folder on the target; --verify restores it to verify it.

    With --import, what mongodump made elsewhere becomes a backup of the target, with the users in it.

    Example: gonogo backup production --verify
    """
    if from_ and users:
        raise UsageError("--import and --users exclude each other: an import brings the users that are in it")
    with _deployed(target) as release:
        begun, progress = time.monotonic(), _progress(as_json)
        with _step(progress, "backup"):
            if from_:
                made = imported.bring_in(release, from_, progress.sent)
            else:
                progress.expect(backups.expected(release), about=True)
                made = backups.make(release, users=users, on_bytes=progress.sent)
        record = backup_step.reported(made, time.monotonic() - begun)
        if as_json:
            lines.write(record)
        else:
            typer.echo(
                f"{made.folder}: {record.documents} documents, {size(record.bytes)} by {record.tool} "
                f"in {record.seconds:.1f} s; {record.consistency}"
            )
            typer.echo(staging_database.notice(release), err=True, nl=False)
        if verify:
            _prove(release, made, as_json)


def list_backups(
    target: Name = None,
    verify: Annotated[
        str,
        typer.Option(
            "--verify",
            metavar="BACKUP",
            help="prove this one (latest: the newest)",
            autocompletion=completion.backups,
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """List the backups of a target, newest first, and which of them were verified by a restore.

    Example: gonogo backups production --verify latest
    """
    with _deployed(target) as release:
        found = backup_store.listed(release.connection, release.target)
        if verify:
            _prove(release, backup_store.find(release.connection, release.target, verify), as_json)
            return
        proofs = proof.of(release.connection, release.target, found)
        kept = [data_rows.kept(backup, proofs.get(backup.name)) for backup in found]
        if as_json:
            for one in kept:
                lines.write(one)
        elif kept:
            tables.show(data_rows.table(kept), ["backup"])
        else:
            typer.echo(f"no backup in {release.target.backup_path}")
        if not kept:
            raise typer.Exit(1)


def bring_back(  # noqa: PLR0913, PLR0917  each is an option of the command
    target: RequiredName,
    backup: Annotated[str, typer.Argument(help=BACKUP, autocompletion=completion.backups)],
    into: Annotated[str, typer.Option(help="the new database; else a name with the time in it")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="over the live data")] = False,
    users: Annotated[
        bool, typer.Option("--users", help="the database's users and roles, too: those of the same names")
    ] = False,
    no_proof: Annotated[
        bool, typer.Option("--no-proof", help="with --replace, do not verify the fresh backup")
    ] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Restore a backup: into a new database beside the live one, or over it with --replace.

    Before live data is replaced a fresh backup is taken and proved by a trial restore (without it where that
    cannot be: --no-proof), and the database's name has to be typed (or --yes). Before users and roles are
    replaced, a fresh backup with those that are there is taken.
    With --users the users and roles of the backup become those of the live database, whatever the documents
    are restored into; others than those of the backup stay. It must have been made with --users.

    Example: gonogo restore production latest
    """
    if replace and into:
        raise UsageError("--into and --replace exclude each other: a new database, or the live one")
    with _deployed(target) as release:
        found = backup_store.find(release.connection, release.target, backup)
        if (replace or users) and not yes:
            _confirm(release, found, replace)
        progress = _progress(as_json)
        with _locked(release, found) if replace or users else nullcontext(), _step(progress, "restore"):
            progress.expect(loader.expected(found))
            done = restore.restore(
                release,
                found,
                into=into,
                replace=replace,
                users=users,
                prove=not no_proof,
                on_bytes=progress.sent,
            )
        if as_json:
            lines.write(data_rows.restored(done, users))
        else:
            typer.echo(done.told + ("; its users and roles are back, too" if users else ""))


def _confirm(release: Release, backup: Backup, replace: bool) -> None:
    name = release.target.mongodb.database if release.target.mongodb else ""
    what = "the database" if replace else "the users and roles of"
    told = f"{backup.name} will replace {what} {name} on {release.target.host}"
    if not sys.stdin.isatty():
        raise UsageError(f"{told}: without a terminal to confirm that, --yes is needed")
    if typer.prompt(f"{told}. Type the database's name to go on") != name:
        raise GonogoError("the name is another: nothing was changed")


def _prove(release: Release, made: Backup, as_json: bool) -> None:
    progress = _progress(as_json)
    with _step(progress, "restore proof"):
        progress.expect(loader.expected(made))
        found = proof.prove(release, made, on_bytes=progress.sent)
    if as_json:
        lines.write(
            events.Proved(name=made.name, proved=found.proved, told=found.told, differences=found.differences)
        )
    else:
        typer.echo("\n".join([f"{made.name}: {found.told}", *(f"  {line}" for line in found.differences)]))
    if not found.proved:
        raise typer.Exit(GonogoError.exit_code)


@contextmanager
def _deployed(target: str | None) -> Iterator[Release]:
    found, redactor = target_file.find(target), Redactor()
    if found.mongodb is None:
        raise UsageError(
            f"{found.file} names no MongoDB: add a table [mongodb] with its service and database"
        )
    with Connection.open(found, redact=redactor) as connection:
        release = Release(found, connection, redactor)
        release.environment.learn()
        yield release


@contextmanager
def _locked(release: Release, backup: Backup) -> Iterator[None]:
    held = locking.Lock(release.connection, release.target, f"restore of {backup.name}")
    held.take()
    try:
        yield
    finally:
        try:
            held.give_back()
        except GonogoError as error:  # it must not hide what the restore itself says
            more = f"run `gonogo unlock {target_file.called(release.target)}`"
            typer.echo(f"gonogo: the lock could not be removed: {error}; {more}", err=True)


def _progress(as_json: bool) -> Progress:
    """Return what tells how far it is; what a person may want to keep, or pass on, is told on stdout."""
    return choose(quiet=False, as_json=as_json, out=sys.stdout if as_json else sys.stderr)


@contextmanager
def _step(progress: Progress, name: str) -> Iterator[None]:
    begun, ended = time.monotonic(), False
    progress.begin(name)
    try:
        yield
        ended = True
    finally:
        took = round(time.monotonic() - begun, 2)
        progress.done(Step(name=name, status="done" if ended else "failed", started=0.0, seconds=took))
