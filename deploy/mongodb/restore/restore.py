"""Bringing a backup back: beside the live data, or over it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from dataclasses import replace as replaced
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup import backup as backups
from gonogo.deploy.mongodb.backup import dump
from gonogo.deploy.mongodb.backup.backup_store import Backup
from gonogo.deploy.mongodb.fingerprint import compare
from gonogo.deploy.mongodb.restore import (
    accounts,
    archive,
    backup_comparison,
    database_name,
    loader,
    proof,
    proof_image,
    server_error,
    staging_database,
)
from gonogo.deploy.mongodb.restore.staging_database import UNFINISHED
from gonogo.deploy.mongodb.restore.swap import Swap
from gonogo.deploy.mongodb.server import login, stall
from gonogo.deploy.release.release import Release
from gonogo.deploy.target.sections.data import Mongodb

Client = MongoClient[dict[str, Any]]
OnBytes = Callable[[int], None] | None


@dataclass(frozen=True)
class Restored:
    """What was restored: into which database, how many documents, in how many ``seconds``.

    ``safety``: the backup that was taken before live data, or users and roles, were replaced; ``safe``: what
    its restore proof found, empty where none was wanted. ``dropped``: the collections that were there and
    are not in the backup. ``proved``: it was compared with the backup's fingerprint. ``swept``: what a
    restore left that was cut off before this one, in words.
    """

    database: str
    backup: str
    documents: int
    seconds: float
    replaced: bool = False
    safety: str = ""
    dropped: tuple[str, ...] = field(default=())
    proved: bool = True
    safe: str = ""
    swept: str = ""

    @property
    def told(self) -> str:
        """It in words."""
        text = f"{self.documents} documents of {self.backup} are in {self.database}, in {self.seconds:.1f} s"
        if not self.replaced:
            text += ", beside the live data"
            return f"{text}; users and roles as they were are in {self.safety}" if self.safety else text
        text += f", and are what the backup holds; what was there before is in the backup {self.safety}"
        text += f" ({self.safe or 'not proved'})"
        text += f"; dropped: {', '.join(self.dropped)}" if self.dropped else ""
        return f"{text}; {self.swept}" if self.swept else text


def restore(  # noqa: PLR0913  one keyword for each choice
    release: Release,
    backup: Backup,
    *,
    into: str = "",
    replace: bool = False,
    users: bool = False,
    prove: bool = True,
    on_bytes: OnBytes = None,
) -> Restored:
    """Restore a backup into a new database of the target's MongoDB, or over the live one with ``replace``.

    ``into``: the name of the new one, by default the live one's with the time. A database that exists is
    never written to, but the live one with ``replace``: a fresh backup of it is taken first and proved by a
    trial restore (unless ``prove`` is False), and what is to be restored is loaded beside it and compared
    with the backup's fingerprint before anything is replaced (see ``swap``). ``users``: with the users and
    roles of the database that the backup is of, at last, and those that are there are in a fresh backup;
    those that are not in the backup stay.
    ``on_bytes`` is called with the size of each piece. The caller holds the target's lock for ``replace``:
    what a restore left that was cut off is removed then. Raises GonogoError, which names the way back where
    something was replaced; a new database that could not be restored whole is removed.
    """
    settings = release.target.mongodb
    if settings is None:
        raise GonogoError("the target file names no MongoDB: add the table [mongodb]")
    begun = time.monotonic()
    with login.opened(release, settings) as client:
        if users:
            accounts.fit(backup)
        swept = staging_database.sweep(client, release.target, settings.database) if replace else ""
        staging_database.room(client, release.target, settings.database, backup)
        name = into or ("" if replace else database_name.new(client, settings.database))
        if not replace:
            database_name.free(client, name)
        safety = backups.make(release, users=users) if replace or users else None
        if replace and safety:
            done = _replaced(release, settings, client, backup, safety, on_bytes, begun, prove, swept)
        else:
            documents = _whole(release, client, backup, name, on_bytes)
            kept = safety.name if safety else ""
            done = Restored(name, backup.name, documents, time.monotonic() - begun, safety=kept)
        if users:
            _accounts(release, client, backup, done)
        return done


def _accounts(release: Release, client: Client, backup: Backup, done: Restored) -> None:
    try:
        image = proof_image.of(release, backup) if backup.manifest.form == "archive" else ""
        accounts.load(release.connection, backup, client, image)
    except GonogoError as error:
        raise GonogoError(f"{done.told}; but {error}") from None


def _replaced(  # noqa: PLR0913, PLR0917
    release: Release,
    settings: Mongodb,
    client: Client,
    backup: Backup,
    safety: Backup,
    on_bytes: OnBytes,
    begun: float,
    prove: bool,
    swept: str,
) -> Restored:
    safe = _safe(release, safety) if prove else ""
    live, stage = settings.database, staging_database.name(release.target, settings.database)
    documents = _whole(release, client, backup, stage, on_bytes)
    swap = Swap(client, stage, live)
    try:
        gone = swap.all()
        lost = _lost(release, settings, client, backup)
    except (GonogoError, PyMongoError, KeyboardInterrupt) as error:
        why = server_error.reason(error) if isinstance(error, PyMongoError) else str(error)
        why = why or "it was interrupted"
        if not swap.begun:
            raise GonogoError(f"nothing was replaced: {why}") from None
        way = _back(release, safety)
        raise GonogoError(
            f"{live} is partly replaced ({', '.join(swap.done) or 'its first collection'}): "
            f"{why}: bring back what was there with `{way}`"
        ) from None
    finally:
        _dropped(client, stage)
    if lost:
        raise GonogoError(
            f"{live} was replaced, and is not what {backup.name} holds: {'; '.join(lost[:3])}: bring back "
            f"what was there with `{_back(release, safety)}`"
        )
    done = Restored(live, backup.name, documents, time.monotonic() - begun, True, safety.name, gone)
    return replaced(done, safe=safe, swept=swept)


def _back(release: Release, safety: Backup) -> str:
    users = " --users" if safety.manifest.users else ""
    return f"gonogo restore {release.target.name} {safety.name} --replace{users}"


def _safe(release: Release, safety: Backup) -> str:
    """Prove the backup of what is to be replaced; raises GonogoError where it is no way back."""
    try:
        found = proof.prove(release, safety)
    except GonogoError as error:
        raise GonogoError(
            f"nothing was replaced: the backup {safety.name} of what is there could not be proved: {error}; "
            "give --no-proof to go on without"
        ) from None
    if not found.proved:
        raise GonogoError(f"nothing was replaced: the backup {safety.name} of what is there is {found.told}")
    return found.told


def _lost(release: Release, settings: Mongodb, client: Client, backup: Backup) -> list[str]:
    """Return what the live database lacks of the backup; others may write to it already."""
    with tempfile.TemporaryDirectory(prefix="gonogo-") as folder:
        backup_comparison.fetched(release.connection, backup, Path(folder))
        differences = compare.differences(Path(folder), client, settings.database, settings)
    return [difference.told for difference in differences]


def _whole(release: Release, client: Client, backup: Backup, name: str, on_bytes: OnBytes) -> int:
    """Load a backup into a new database and compare it; return how many documents are there.

    Where that fails the database is removed.
    """
    database_name.free(client, name)
    try:
        stall.limited(lambda: client[name].create_collection(UNFINISHED))
        if backup.manifest.form == "archive":
            _archive(release, client, backup, name)
        else:
            loader.load(release.connection, backup, client, name, on_bytes)
        stall.limited(lambda: client[name].drop_collection(UNFINISHED))
        alike = backup_comparison.of(release, backup, client, name, aging=True)
        if alike.differences:
            told = "; ".join(alike.differences[:3])
            raise GonogoError(f"what was restored is not what {backup.name} holds, and was removed: {told}")
    except BaseException as error:
        if not _dropped(client, name) and isinstance(error, GonogoError):
            raise GonogoError(f"{error}; what was loaded until then is in the database {name}") from None
        raise
    return alike.now.count


def _archive(release: Release, client: Client, backup: Backup, name: str) -> None:
    container = release.host.mongodb(release).container
    if container is None or release.target.mongodb is None:
        raise GonogoError(f"{backup.name} is an archive of mongodump's, and no container has mongorestore")
    given = dump.config(login.way(release, release.target.mongodb).login)
    archive.restore(release.connection, backup, container.id, client, name, given)


def _dropped(client: Client, name: str) -> bool:
    """Remove a database that we made; return whether that could be done."""
    try:
        stall.limited(lambda: client.drop_database(name))
    except (PyMongoError, stall.Stalled):
        return False
    return True
