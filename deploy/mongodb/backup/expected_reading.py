"""How much of a database a backup will read through this machine, told before the backup is made."""

from __future__ import annotations

import time

from gonogo.deploy.mongodb.backup import dump
from gonogo.deploy.mongodb.fingerprint import unread
from gonogo.deploy.mongodb.fingerprint.hashes import Client
from gonogo.deploy.mongodb.server import login, source, write_detection
from gonogo.deploy.release.release import Release

WATCHED_S = 1.0
"""Seconds for which it is watched which collections are written to."""
MB = 1_000_000
NAMED = 5
"""Collections that are named; the others are counted."""


def told(release: Release) -> str:
    """Return it in one sentence; empty where there is no MongoDB. Raises GonogoError."""
    settings = release.target.mongodb
    if settings is None:
        return ""
    with login.opened(release, settings) as client:
        if not dump.fits(release, settings, client):
            size = client[settings.database].command("dbStats")["dataSize"]
            return f"backup by gonogo: all of the database, {size / MB:.0f} MB, comes through this machine"
        return _of_mongodump(client, settings.database)


def _of_mongodump(client: Client, database: str) -> str:
    before = write_detection.state(client, database)
    there = source.namespaces(client, database)
    sizes = unread.stored_sizes(client, database, there)
    time.sleep(WATCHED_S)
    after = write_detection.state(client, database)
    rest = {
        one.name
        for one in unread.choose(there, sizes)
        if before is not None and after is not None and before.unwritten(after, one.stored)
    }
    read = {one.name: sizes[one.stored][1] for one in there if one.stored in sizes and one.name not in rest}
    whole = sum(size for _, size in sizes.values())
    names = sorted(read, key=lambda name: -read[name])
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    some = f" ({', '.join(names[:NAMED])}{more})" if names else ""
    return (
        f"backup by mongodump on the server: {sum(read.values()) / MB:.1f} of {whole / MB:.1f} MB are read "
        f"document by document through this machine{some}, and so is each other collection that is written "
        "to meanwhile"
    )
