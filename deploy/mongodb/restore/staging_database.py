"""The database beside the live one in which a backup is loaded that is to replace it, and the room for it.

A restore that is killed leaves it behind. Its name says whose it is, so that the next restore of the very
same database, which holds the target's lock, may remove it, and nobody else's.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from functools import partial
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.filesystem import mb
from gonogo.deploy.mongodb.backup.manifest import Backup
from gonogo.deploy.mongodb.server import login, stall
from gonogo.deploy.release.records import now
from gonogo.deploy.release.release import Release
from gonogo.deploy.target.target import Target

STAGING = "gonogo_staging"
UNFINISHED = "gonogo_unfinished"
"""A collection that is in a new database until all is loaded, so that one can tell where we were killed."""
MARGIN = 1.1
"""How much room to have free for each byte of a backup that is loaded."""

Client = MongoClient[dict[str, Any]]


def name(target: Target, database: str) -> str:
    """Return the name of a staging database for a restore over ``database`` that begins now."""
    return f"{STAGING}_{_owner(target, database)}_{now():%Y%m%d%H%M%S}"


def left(client: Client, target: Target, database: str) -> list[str]:
    """Return the staging databases of restores over ``database`` from this target; pymongo's errors.

    Whoever holds the target's lock knows that they are left behind: no other restore is under way.
    """
    mine = re.compile(rf"{STAGING}_{_owner(target, database)}_\d{{14}}")
    return sorted(one for one in client.list_database_names() if mine.fullmatch(one))


def told(client: Client, database: str, found: list[str]) -> str:
    """Return in words what staging databases that were left behind mean for ``database``; empty for none."""
    if not found:
        return ""
    loading = all(UNFINISHED in client[one].list_collection_names() for one in found)
    state = "was not touched by it" if loading else "may be partly replaced: compare it with its backups"
    return f"a restore over {database} was cut off and left {', '.join(found)}; {database} {state}"


def notice(release: Release) -> str:
    """Return one line about what a restore left that was cut off, and what to do; empty where there is none.

    A login that may not ask is told nothing. Raises GonogoError where there is no way to the database.
    """
    settings, words = release.target.mongodb, ""
    if settings is None:
        return ""
    with login.opened(release, settings) as client, contextlib.suppress(PyMongoError):
        words = told(client, settings.database, left(client, release.target, settings.database))
    way = f"`gonogo restore {release.target.name} BACKUP --replace` removes it"
    return f"{words}; {way}\n" if words else ""


def sweep(client: Client, target: Target, database: str) -> str:
    """Remove what restores over ``database`` left behind; return what that was, in words.

    The caller holds the target's lock. Raises pymongo's errors, and Stalled.
    """
    found = left(client, target, database)
    words = told(client, database, found)
    for one in found:
        stall.limited(partial(client.drop_database, one))
    return f"{words}; removed" if words else ""


def room(client: Client, target: Target, database: str, backup: Backup) -> None:
    """Raise GonogoError where the database's disk has no room for one more copy of what a backup holds.

    What it needs is the size of its files, as if nothing were compressed, with a margin for indexes. The
    server tells the size of its disk (``dbStats``); where it does not, or to this login not, nothing is said.
    """
    free = _free(client, database)
    if free is None:
        free = _free(client, "admin")  # of a database that is not there no size is told
    needed = int(backup.manifest.size * MARGIN)
    if free is not None and free < needed:
        raise GonogoError(
            f"{target.host}: the disk of the database has {mb(free)} free, and to load {backup.name} beside "
            f"{database} takes up to {mb(needed)}: free some room first; nothing was changed"
        )


def _free(client: Client, database: str) -> int | None:
    try:
        said = client[database].command("dbStats")
        total, used = int(said["fsTotalSize"]), int(said["fsUsedSize"])
    except (PyMongoError, KeyError, TypeError):
        return None
    return total - used if total else None


def _owner(target: Target, database: str) -> str:
    whose = "\0".join((target.name, target.project, str(target.path), database))
    return hashlib.sha256(whose.encode()).hexdigest()[:12]
