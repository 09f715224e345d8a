"""The commands of the command line that keep and bring back data; they read options and call, no more."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from deploy import lock, safekeeping, target_file
from deploy.connection import Connection
from deploy.errors import GonogoError, UsageError
from deploy.facts import Facts
from deploy.mongodb import backup as backups
from deploy.mongodb import proof, restore, vault
from deploy.mongodb.vault import Backup
from deploy.redact import Redactor

MB = 1_000_000
EVERY_S = 0.5
"""Seconds between two words on how far something is, on a terminal."""

Name = Annotated[str | None, typer.Argument(help="a name in deploy/targets, or the path of a target file")]
Yes = Annotated[bool, typer.Option("--yes", help="do not ask")]


def make_backup(
    target: Name = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="restore it into a throwaway server, and compare")
    ] = False,
    users: Annotated[bool, typer.Option("--users", help="with the database's users and roles")] = False,
) -> None:
    """Back the target's MongoDB up, into the backup folder on the target; with --verify prove it.

    Example: gonogo backup production --verify
    """
    with _facts(target) as facts:
        begun = time.monotonic()
        with _progress("read") as on_bytes:
            made = backups.make(facts, users=users, on_bytes=on_bytes)
        record = safekeeping.reported(made, time.monotonic() - begun)
        typer.echo(
            f"{made.folder}: {record.documents} documents, {record.bytes / MB:.1f} MB by {record.tool} "
            f"in {record.seconds:.1f} s; {record.consistency}"
        )
        if verify:
            _prove(facts, made)


def list_backups(
    target: Name = None,
    verify: Annotated[
        str, typer.Option("--verify", metavar="BACKUP", help="prove this one (latest: the newest)")
    ] = "",
) -> None:
    """List the backups of a target, newest first, and which of them were proved to be restorable."""
    with _facts(target) as facts:
        found = vault.listed(facts.connection, facts.target)
        if verify:
            _prove(facts, vault.find(facts.connection, facts.target, verify))
            return
        table = Table("backup", "documents", "MB", "by", "restore proved")
        for one in found:
            proved = proof.load(facts.connection, str(one.folder))
            size = one.manifest.size
            table.add_row(
                one.name,
                str(one.manifest.documents),
                f"{size / MB:.1f}",
                one.manifest.tool,
                proved.told if proved else "no",
            )
        Console().print(table if found else f"no backup in {facts.target.backup_path}")
        if not found:
            raise typer.Exit(1)


def bring_back(
    target: Annotated[str, typer.Argument(help="a name in deploy/targets, or the path of a target file")],
    backup: Annotated[str, typer.Argument(help="a name that `gonogo backups` lists, or latest")],
    into: Annotated[str, typer.Option(help="the new database; else a name with the time in it")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="over the live data")] = False,
    yes: Yes = False,
) -> None:
    """Restore a backup: into a new database beside the live one, or over it with --replace.

    Before live data is replaced a fresh backup is taken, and the database's name has to be typed (or --yes).

    Example: gonogo restore production latest
    """
    if replace and into:
        raise UsageError("--into and --replace exclude each other: a new database, or the live one")
    with _facts(target) as facts:
        found = vault.find(facts.connection, facts.target, backup)
        if replace and not yes:
            _confirm(facts, found)
        with _locked(facts, found) if replace else _unlocked(), _progress("restored") as on_bytes:
            done = restore.restore(facts, found, into=into, replace=replace, on_bytes=on_bytes)
        typer.echo(done.told)


def _confirm(facts: Facts, found: Backup) -> None:
    name = facts.target.mongodb.database if facts.target.mongodb else ""
    told = f"{found.name} will replace the database {name} on {facts.target.host}"
    if not sys.stdin.isatty():
        raise UsageError(f"{told}: without a terminal to confirm that, --yes is needed")
    if typer.prompt(f"{told}. Type the database's name to go on") != name:
        raise GonogoError("the name is another: nothing was changed")


def _prove(facts: Facts, made: Backup) -> None:
    with _progress("restored") as on_bytes:
        found = proof.prove(facts, made, on_bytes=on_bytes)
    typer.echo(f"{made.name}: {found.told}")
    for line in found.differences:
        typer.echo(f"  {line}")
    if not found.proved:
        raise typer.Exit(GonogoError.exit_code)


@contextmanager
def _facts(target: str | None) -> Iterator[Facts]:
    found, redactor = target_file.find(target), Redactor()
    if found.mongodb is None:
        raise UsageError(
            f"{found.file} names no MongoDB: add a table [mongodb] with its service and database"
        )
    with Connection.open(found, redact=redactor) as connection:
        facts = Facts(found, connection, redactor)
        facts.learn()
        yield facts


@contextmanager
def _locked(facts: Facts, found: Backup) -> Iterator[None]:
    held = lock.Lock(facts.connection, facts.target, f"restore of {found.name}")
    held.take()
    try:
        yield
    finally:
        held.give_back()


@contextmanager
def _unlocked() -> Iterator[None]:
    yield


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int], None]]:
    """Give what is to be called with bytes; on a terminal it shows how many there were, and how fast."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    begun, done, shown = time.monotonic(), 0, 0.0
    with console.status("…") as status:

        def on_bytes(count: int) -> None:
            nonlocal done, shown
            done += count
            now = time.monotonic()
            if now - shown >= EVERY_S:
                shown = now
                status.update(f"{done / MB:.0f} MB {what}, {done / MB / max(now - begun, 0.001):.0f} MB/s")

        yield on_bytes
