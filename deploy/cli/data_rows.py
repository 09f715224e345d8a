"""Backups and restores as the command line prints them: rows of a table, and events for ``--json``."""

from __future__ import annotations

from rich.table import Table

from gonogo.deploy.mongodb.backup.backup_store import Backup
from gonogo.deploy.mongodb.restore import proof, restore
from gonogo.deploy.progress import events
from gonogo.reports.words import size


def kept(backup: Backup, proved: proof.Proof | None) -> events.Kept:
    """Return the row of one backup; ``proved``: how it was, None for never."""
    manifest = backup.manifest
    return events.Kept(
        name=backup.name,
        made=manifest.made,
        documents=manifest.documents,
        bytes=manifest.size,
        tool=manifest.tool,
        users=manifest.users,
        proved=proved.told if proved else "",
    )


def table(kept: list[events.Kept]) -> Table:
    """Return all backups as a table."""
    rows = Table("backup", "documents", "size", "by", "users", "restore proved")
    for one in kept:
        users = "yes" if one.users else "no"
        rows.add_row(one.name, str(one.documents), size(one.bytes), one.tool, users, one.proved or "no")
    return rows


def restored(done: restore.Restored, users: bool) -> events.BroughtBack:
    """Return what was restored; ``users``: its users and roles, too."""
    return events.BroughtBack(
        name=done.backup,
        database=done.database,
        documents=done.documents,
        seconds=round(done.seconds, 2),
        replaced=done.replaced,
        safety=done.safety,
        dropped=list(done.dropped),
        users=users,
    )
