"""Bringing a backup back: beside the live data, or over it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from deploy import release
from deploy.errors import GonogoError
from deploy.facts import Facts
from deploy.mongodb import archive, compare, dump, fingerprint, loader, login, source
from deploy.mongodb import backup as backups
from deploy.mongodb.vault import Backup
from deploy.target import Mongodb

LONGEST = 63
"""Bytes of a database's name in MongoDB."""
REFUSED = '/\\. "$*<>:|?\0'
"""Characters that MongoDB takes in no name of a database."""
STAGING = "gonogo_staging"

Client = MongoClient[dict[str, Any]]
OnBytes = Callable[[int], None] | None


@dataclass(frozen=True)
class Restored:
    """What was restored: into which database, how many documents, in how many ``seconds``.

    ``safety``: the backup that was taken before live data was replaced. ``dropped``: the collections that
    were there and are not in the backup.
    """

    database: str
    backup: str
    documents: int
    seconds: float
    replaced: bool = False
    safety: str = ""
    dropped: tuple[str, ...] = field(default=())

    @property
    def told(self) -> str:
        """It in words."""
        text = f"{self.documents} documents of {self.backup} are in {self.database}, in {self.seconds:.1f} s"
        if not self.replaced:
            return f"{text}, beside the live data"
        text += f", and are what the backup holds; what was there before is in the backup {self.safety}"
        return f"{text}; dropped: {', '.join(self.dropped)}" if self.dropped else text


def restore(
    facts: Facts, backup: Backup, *, into: str = "", replace: bool = False, on_bytes: OnBytes = None
) -> Restored:
    """Restore a backup into a new database of the target's MongoDB, or over the live one with ``replace``.

    ``into``: the name of the new one, by default the live one's with the time. A database that exists is
    never written to, but the live one with ``replace``: a fresh backup of it is taken first, and what is to
    be restored is loaded and compared beside it before anything is dropped. What is restored is compared with
    the backup's fingerprint. Raises GonogoError, which names the way back where something was dropped.
    """
    settings = facts.target.mongodb
    if settings is None:
        raise GonogoError("the target file names no MongoDB: add the table [mongodb]")
    begun = time.monotonic()
    with login.opened(facts, settings) as client:
        if replace:
            return _replaced(facts, settings, client, backup, on_bytes, begun)
        name = into or _name(settings.database)
        _free(client, name)
        documents = _loaded(facts, client, backup, name, on_bytes)
        return Restored(name, backup.name, documents, time.monotonic() - begun)


def _replaced(  # noqa: PLR0913, PLR0917
    facts: Facts, settings: Mongodb, client: Client, backup: Backup, on_bytes: OnBytes, begun: float
) -> Restored:
    safety = backups.make(facts)
    stage = f"{STAGING}_{release.now():%Y%m%d%H%M%S}"
    _free(client, stage)
    try:
        _loaded(facts, client, backup, stage, on_bytes)
    finally:
        client.drop_database(stage)
    live = settings.database
    there = {one.name for one in source.namespaces(client, live)}
    try:
        for name in sorted(there):
            client[live].drop_collection(name)
        documents = _loaded(facts, client, backup, live, on_bytes)
    except (GonogoError, PyMongoError, KeyboardInterrupt) as error:
        way = f"gonogo restore {facts.target.name} {safety.name} --replace"
        raise GonogoError(
            f"{live} is incomplete, as it was being replaced ({str(error) or type(error).__name__}): bring "
            f"back what was there with `{way}`"
        ) from None
    now = {one.name for one in source.namespaces(client, live)}
    gone = tuple(sorted(there - now))
    return Restored(live, backup.name, documents, time.monotonic() - begun, True, safety.name, gone)


def _loaded(facts: Facts, client: Client, backup: Backup, name: str, on_bytes: OnBytes) -> int:
    """Load a backup into an empty database and compare; return how many documents are there."""
    if backup.manifest.form == "archive":
        if facts.database is None or facts.target.mongodb is None:
            raise GonogoError(
                f"{backup.name} is an archive of mongodump's, and no container has mongorestore"
            )
        given = dump.config(login.way(facts, facts.target.mongodb).login)
        archive.restore(facts.connection, backup, facts.database.id, name, given)
    else:
        loader.load(facts.connection, backup, client, name, on_bytes)
    with tempfile.TemporaryDirectory(prefix="gonogo-") as folder:
        taken, restored = Path(folder) / "taken", Path(folder) / "restored"
        taken.mkdir()
        restored.mkdir()
        fingerprint.fetch(facts.connection, backup.folder, taken)
        found = fingerprint.take(client, name, restored)
        exact = backup.manifest.tool == "gonogo" or backup.manifest.consistent
        kinds = None if exact else facts.target.mongodb
        differences = compare.between(taken, restored, exact=exact, kinds=kinds)
    if differences:
        told = "; ".join(one.told for one in differences[:3])
        raise GonogoError(f"{name} is not what {backup.name} holds: {told}")
    return found.count


def _name(database: str) -> str:
    ending = f"_restored_{release.now():%Y%m%d_%H%M%S}"
    room = LONGEST - len(ending)
    return database.encode()[:room].decode(errors="ignore") + ending


def _free(client: Client, name: str) -> None:
    if not name or len(name.encode()) > LONGEST or set(name) & set(REFUSED):
        raise GonogoError(f"{name!r} is no name for a database of MongoDB: give another with --into")
    there = {one.lower(): one for one in client.list_database_names()}
    if name.lower() in there:
        raise GonogoError(f"there is a database {there[name.lower()]} already: give another name with --into")
