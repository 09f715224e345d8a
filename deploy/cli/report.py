"""The commands of the command line about reports: open one, send one once more."""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from gonogo.deploy.cli import completion
from gonogo.deploy.cli.options import Name, Reports, published
from gonogo.deploy.errors import ConnectionFailed, GonogoError, UsageError
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.release import Release
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.steps import publishing
from gonogo.deploy.target import target_file, workspace
from gonogo.deploy.target.target import Target
from gonogo.reports import entries
from gonogo.reports.model import Release as Record

DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
"""Variables of which one is set where a browser can be shown."""

app = typer.Typer(
    help="Open reports in the browser, or publish them again.",
    no_args_is_help=True,
)
Version = Annotated[
    str,
    typer.Option(
        metavar="VERSION", help="the release's version; else the newest", autocompletion=completion.versions
    ),
]


@app.command("open")
def open_report(target: Name = None, version: Version = "", reports: Reports = None) -> None:
    """Open the newest report in the browser, of one target or of all; without a display, print its path.

    Example: gonogo report open production
    """
    # A target's reports may outlive its file, so a folder of that name will do.
    place = (reports or workspace.here().reports).absolute()
    known = not target or ("/" not in target and (place / target).is_dir())
    found = None if known else target_file.find(target)
    page = find(published(found, reports) if found else place, found.name if found else target or "", version)
    if not (_has_display() and webbrowser.open(page.as_uri())):
        typer.echo(page)


@app.command("publish")
def publish(target: Name = None, version: Version = "", reports: Reports = None) -> None:
    """Publish the newest report of a target, or that of a version, where the target file says.

    It is scanned for secrets first. Exit status 0 if it got to every destination, else 3.

    Example: gonogo report publish production --version 8d03f5a-20260131-080559
    """
    found = target_file.find(target)
    page = find(published(found, reports), found.name, version)
    if not (where := publishing.destinations(found)):
        raise UsageError(
            f"{found.file}: no report is sent anywhere: set on_target, to or command in [publishing]"
        )
    if failed := _sent(found, page):
        raise GonogoError("\n".join(failed))
    typer.echo(f"{page.parent.name} of {found.name}: sent to {', '.join(where)}")


def find(folder: Path, target: str, version: str) -> Path:
    """Return the page of a report: the newest one of a target ("" for any), or that of a version.

    Raises UsageError that says what there is where there is none.
    """
    every = entries.gather(folder) if folder.is_dir() else []
    there = [entry for entry in every if target in ("", entry.target)]
    chosen = [entry for entry in there if version in ("", entry.version)]
    if not chosen:
        what = "report" + (f" of {target}" if target else "") + (f" for version {version}" if version else "")
        newest = f"the newest there is {there[0].version}" if there else "each deployment writes one there"
        raise UsageError(f"there is no {what} in {folder}: {newest}; --reports names another folder")
    return folder / chosen[0].target / chosen[0].version / entries.PAGE


def _sent(target: Target, page: Path) -> list[str]:
    redactor = Redactor()
    try:
        record = Record.model_validate_json((page.parent / entries.RECORD).read_bytes())
    except (OSError, ValueError):
        raise UsageError(
            f"{page.parent / entries.RECORD} cannot be read: deploy again for a report"
        ) from None
    try:
        with Connection.open(target, redact=redactor) as connection:
            _learn(Release(target, connection, redactor))
            return publishing.send(target, publishing.Report(page, record, redactor), connection)
    except ConnectionFailed as error:
        if target.publishing.on_target:
            raise
        # Of a target that cannot be reached, what was known when the report was written is not in it.
        print(f"gonogo: {error}; its secrets were looked for when the report was written", file=sys.stderr)
        return publishing.send(target, publishing.Report(page, record, redactor), None)


def _learn(release: Release) -> None:
    """Let the redactor know the secrets of the stack, as far as they can be had now."""
    try:
        _ = release.resolved
    except ConnectionFailed:
        raise
    except GonogoError:
        release.environment.learn()


def _has_display() -> bool:
    return sys.platform in ("darwin", "win32") or any(os.environ.get(name) for name in DISPLAYS)
