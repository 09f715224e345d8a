"""The users and roles of a database, brought back from a backup as they were, passwords included.

They lie in the admin database under the name of theirs, so they are those of the database that the backup is
of, whatever name its documents are restored under.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup import layout
from gonogo.deploy.mongodb.backup.backup_store import Backup
from gonogo.deploy.mongodb.backup.reading import Files
from gonogo.deploy.mongodb.fingerprint.elements import documents
from gonogo.deploy.mongodb.restore import archive, loader, server_error, throwaway
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


def load(connection: Connection, backup: Backup, client: Client, image: str = "") -> Accounts:
    """Bring the users and roles of a backup back; those of the same names are replaced, others stay.

    ``image``: of a throwaway server, into which mongorestore restores them first if they are in an archive.
    Raises BackupDamaged, and GonogoError where the backup has none or the login may not.
    """
    told = f"the users of {backup.name}"
    fit(backup)
    with ExitStack() as stack:
        rows: Callable[[str], Iterator[list[bytes]]] = partial(_of_files, connection, backup)
        if backup.manifest.form == "archive":
            there = stack.enter_context(throwaway.server(connection, image))
            archive.restore_accounts(connection, backup, there.name, there.client)
            rows = partial(_of_server, there.client, backup.manifest.database)
        with server_error.told(told):
            return _merged(client, backup.manifest.database, rows)


def _merged(client: Client, database: str, rows: Callable[[str], Iterator[list[bytes]]]) -> Accounts:
    # The server itself puts them in their place from two collections, as it does for mongorestore.
    mark = secrets.token_hex(4)
    places = {kind: f"gonogo_{kind}_{mark}" for kind in ("users", "roles")}
    try:
        found = {kind: _filled(client, place, rows(kind)) for kind, place in places.items()}
        client.admin.command(
            "_mergeAuthzCollections",
            tempUsersCollection=f"admin.{places['users']}",
            tempRolesCollection=f"admin.{places['roles']}",
            db=database,
            drop=False,
        )
    finally:
        for place in places.values():
            client.admin.drop_collection(place)
    return Accounts(found["users"], found["roles"])


def _filled(client: Client, place: str, batches: Iterator[list[bytes]]) -> int:
    """Put documents into a collection of the admin database, and return how many there are."""
    count = 0
    for batch in batches:
        rows: list[Any] = [RawBSONDocument(one) for one in batch]
        client.admin[place].insert_many(rows)
        count += len(rows)
    return count


def _of_files(connection: Connection, backup: Backup, kind: str) -> Iterator[list[bytes]]:
    """Give what the files of a backup hold of one kind."""
    paths = layout.account_paths(backup.manifest.database, kind)
    with Files(connection, backup, f"admin.system.{kind}{layout.DATA}") as files:
        for path, file in files:
            if path in paths:
                yield from loader.documents_of(file, f"the backup {backup.name}: {path}")


def _of_server(client: Client, database: str, kind: str) -> Iterator[list[bytes]]:
    """Give what a server holds of one kind for a database."""
    found = client.admin[f"system.{kind}"].find_raw_batches({"db": database})
    for batch in cast("Iterator[bytes]", found):
        yield [batch[at:after] for at, after in documents(batch)]
