"""The name of the database that a backup is restored into: a new one, or one that a person gives."""

from __future__ import annotations

import time
from typing import Any

from pymongo import MongoClient

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.release.records import now

LONGEST = 63
"""Bytes of a database's name in MongoDB."""
REFUSED = '/\\. "$*<>:|?\0'
"""Characters that MongoDB takes in no name of a database."""
OWN = ("admin", "config", "local")
Client = MongoClient[dict[str, Any]]


def new(client: Client, database: str) -> str:
    """Return the name of a new database; that of this second may be taken."""
    there = {name.lower() for name in client.list_database_names()}
    while (name := with_time(database)).lower() in there:
        time.sleep(0.2)
    return name


def with_time(database: str) -> str:
    """Return a database's name with the time behind it, cut to what MongoDB takes."""
    ending = f"_restored_{now():%Y%m%d_%H%M%S}"
    room = LONGEST - len(ending)
    return database.encode()[:room].decode(errors="ignore") + ending


def free(client: Client, name: str) -> None:
    """Raise GonogoError for a name that is taken, that is MongoDB's own, or that it does not take."""
    if name.lower() in OWN:
        raise GonogoError(f"{name} is MongoDB's own database: give another name with --into")
    if not name or len(name.encode()) > LONGEST or set(name) & set(REFUSED):
        raise GonogoError(f"{name!r} is no name for a database of MongoDB: give another with --into")
    there = {database.lower(): database for database in client.list_database_names()}
    if name.lower() in there:
        raise GonogoError(f"there is a database {there[name.lower()]} already: give another name with --into")
