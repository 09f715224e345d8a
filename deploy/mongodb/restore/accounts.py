"""The users and roles of a database, brought back from a backup as they were, passwords included.

They lie in the admin database under the name of theirs, so they are those of the database that the backup is
of, whatever name its documents are restored under.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup import layout
from gonogo.deploy.mongodb.backup.backup_store import Backup
from gonogo.deploy.mongodb.backup.reading import Files
from gonogo.deploy.mongodb.restore import loader, server_error
from gonogo.deploy.ssh.connection import Connection

Client = MongoClient[dict[str, Any]]


@dataclass(frozen=True)
class Accounts:
    """How many users and roles were brought back."""

    users: int
    roles: int


def fit(backup: Backup) -> None:
    """Raise GonogoError where users cannot be brought back from a backup."""
    if not backup.manifest.users:
        raise GonogoError(f"{backup.name} was made without users: leave them out, or use another backup")
    if backup.manifest.form == "archive":
        raise GonogoError(
            f"the users of {backup.name} are in an archive: bring them back with mongorestore's "
            "--restoreDbUsersAndRoles"
        )


def load(connection: Connection, backup: Backup, client: Client) -> Accounts:
    """Bring the users and roles of a backup back; those of the same names are replaced, others stay.

    Raises BackupDamaged, and GonogoError where the backup has none or the login may not.
    """
    told = f"the users of {backup.name}"
    fit(backup)
    # The server itself puts them in their place from two collections, as it does for mongorestore.
    mark = secrets.token_hex(4)
    places = {kind: f"gonogo_{kind}_{mark}" for kind in ("users", "roles")}
    with server_error.told(told):
        try:
            found = {kind: _filled(connection, backup, client, kind, place) for kind, place in places.items()}
            client.admin.command(
                "_mergeAuthzCollections",
                tempUsersCollection=f"admin.{places['users']}",
                tempRolesCollection=f"admin.{places['roles']}",
                db=backup.manifest.database,
                drop=False,
            )
        finally:
            for place in places.values():
                client.admin.drop_collection(place)
    return Accounts(found["users"], found["roles"])


def _filled(connection: Connection, backup: Backup, client: Client, kind: str, place: str) -> int:
    """Put what a backup has of one kind into a collection, and return how many there are."""
    count = 0
    paths = layout.account_paths(backup.manifest.database, kind)
    with Files(connection, backup, f"admin.system.{kind}{layout.DATA}") as files:
        for path, file in files:
            if path not in paths:
                continue
            for batch in loader.documents_of(file, f"the backup {backup.name}: {path}"):
                rows: list[Any] = [RawBSONDocument(one) for one in batch]
                client.admin[place].insert_many(rows)
                count += len(rows)
    return count
