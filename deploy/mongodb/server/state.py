"""The state of a MongoDB, asked over one client in few commands: each costs a round trip."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.ssh.transcript import Entry

if TYPE_CHECKING:
    from pymongo import MongoClient
    from pymongo.database import Database

    Client = MongoClient[dict[str, Any]]

T = TypeVar("T")
BUCKETS = "system.buckets."
TOGETHER = 250
"""Collections that are asked for in one command: a pipeline takes 1,000 stages at most."""
SIZES = ("size", "storageSize", "totalIndexSize")
OWN = {"admin", "config", "local"}
"""MongoDB's own databases."""
UNKNOWN = (13, 26, 59, 76, 258)
"""MongoDB's error codes for what cannot be answered: Unauthorized, NamespaceNotFound, CommandNotFound,
NoReplicationEnabled, UnknownFeatureCompatibilityVersion."""


@dataclass(frozen=True)
class Member:
    """One member of a replica set; ``state`` is MongoDB's word for it, such as PRIMARY."""

    name: str
    state: str
    healthy: bool


@dataclass(frozen=True)
class Place:
    """Where a MongoDB is, for messages, and what holds its login.

    ``name``: of its container, or ``host:port`` outside the stack, where ``image`` is empty. ``image``: the
    id of its image. ``variable``: the environment variable that the login is from.
    """

    name: str
    image: str
    variable: str


@dataclass(frozen=True)
class Mongo:
    """A MongoDB that let the new model's login in. ``image`` is the id of the image that it runs from.

    ``container``: its name, and ``image`` is empty, for one that is not in the stack: see ``Place``.
    ``compatibility``: its featureCompatibilityVersion, empty where the login may not ask. Sizes are in bytes,
    of the application's database; None where they are not known. ``counts``: documents by collection, as
    MongoDB keeps them: after a crash they may be a little off. ``others``: where the application's database
    has no collection, the databases of the server that have some, as far as the login may see them.
    """

    container: str
    image: str
    writable: bool
    replica_set: str = ""
    members: tuple[Member, ...] = ()
    compatibility: str = ""
    data: int | None = None
    storage: int | None = None
    indexes: int | None = None
    counts: dict[str, int] = field(default_factory=dict)
    others: tuple[str, ...] = ()


def state(
    connection: Connection, opening: AbstractContextManager[Client], place: Place, database: str
) -> Mongo:
    """Return the state of the MongoDB that ``opening`` leads to; raises GonogoError when it refuses.

    ``database``: the application's.
    """
    begun = time.monotonic()
    said, status = "logged in", 0
    try:
        with opening as client:
            server = _asked(client, place, database)
        said = told(server)
        return server
    except GonogoError as error:
        said, status = str(error), 1
        raise
    finally:
        what = f"mongodb {place.name}: log in with ${place.variable} and ask for its state"
        connection.transcript.add(Entry(what, status, said, time.monotonic() - begun))


def told(server: Mongo) -> str:
    """Return the state for the transcript, one thing a line."""
    sizes = {"data": server.data, "storage": server.storage, "indexes": server.indexes}
    lines = [f"writable: {'yes' if server.writable else 'no'}"]
    lines += [f"member {member.name}: {member.state}" for member in server.members]
    lines += [f"featureCompatibilityVersion: {server.compatibility or 'not known'}"]
    lines += [f"{name}: {size} bytes" for name, size in sizes.items() if size is not None]
    return "\n".join(lines + [f"{name}: {number} documents" for name, number in server.counts.items()])


def _asked(client: Client, place: Place, name: str) -> Mongo:
    # One after another on one connection: to log in on a second one takes longer than two more commands.
    collections = _known(lambda: _collections(client, name), refusing=True)
    compatibility = _known(lambda: _compatibility(client))
    (server,) = client.topology_description.server_descriptions().values()
    members = _known(lambda: _members(client)) if server.replica_set_name else None
    rows = collections or {}
    sizes = {key: sum(row[key] for row in rows.values()) for key in SIZES}
    return Mongo(
        container=place.name,
        image=place.image,
        writable=server.is_writable,
        replica_set=server.replica_set_name or "",
        members=members or (),
        compatibility=compatibility or "",
        data=None if collections is None else sizes["size"],
        storage=None if collections is None else sizes["storageSize"],
        indexes=None if collections is None else sizes["totalIndexSize"],
        counts={one: row["count"] for one, row in rows.items() if not one.startswith("system.")},
        others=() if rows or collections is None else _known(lambda: _databases(client)) or (),
    )


def _databases(client: Client) -> tuple[str, ...]:
    """Return the databases that are not MongoDB's own."""
    return tuple(sorted(set(client.list_database_names()) - OWN))


def _collections(client: Client, name: str) -> dict[str, dict[str, int]]:
    """Return count and SIZES of each collection, in a command for TOGETHER of them and one for their names.

    Time series lie in collections of their own, see BUCKETS, which take room too.
    """
    database = client[name]
    listed = sorted(database.list_collection_names(filter={"type": "collection"}))
    names = [one for one in listed if not one.startswith("system.") or one.startswith(BUCKETS)]
    kept = {one: dict.fromkeys(("count", *SIZES), 0) for one in names}
    for first in range(0, len(names), TOGETHER):
        for one, row in _stats(database, names[first : first + TOGETHER]):
            for key in kept[one]:
                # Of a sharded collection there is a row for each shard.
                kept[one][key] += int(row.get(key, 0))
    return kept


def _stats(database: Database[dict[str, Any]], names: list[str]) -> list[tuple[str, Mapping[str, Any]]]:
    from pymongo.errors import InvalidName, OperationFailure  # noqa: PLC0415  as in login.py

    wanted = dict.fromkeys(("ns", *(f"storageStats.{key}" for key in ("count", *SIZES))), 1)
    stats: list[dict[str, Any]] = [{"$collStats": {"storageStats": {}}}, {"$project": wanted}]
    rest = [{"$unionWith": {"coll": other, "pipeline": stats}} for other in names[1:]]
    try:
        rows = database[names[0]].aggregate([*stats, *rest])
        return [(row["ns"].partition(".")[2], row["storageStats"]) for row in rows]
    except (OperationFailure, InvalidName):
        # Before 4.4 there is no $unionWith; a collection may be dropped between the two commands; not every
        # login may look into all of them; and a driver refuses names that the server takes, such as `a.`.
        each = ((name, _known(lambda: database.command("collStats", name))) for name in names)  # noqa: B023
        return [(one, row) for one, row in each if row is not None]


def _compatibility(client: Client) -> str:
    given = client.admin.command("getParameter", featureCompatibilityVersion=1)
    # Before 3.6 it was the version itself.
    value = given["featureCompatibilityVersion"]
    return str(value["version"] if isinstance(value, Mapping) else value)


def _members(client: Client) -> tuple[Member, ...]:
    members = client.admin.command("replSetGetStatus")["members"]
    return tuple(Member(member["name"], member["stateStr"], member["health"] == 1) for member in members)


def _known(ask: Callable[[], T], refusing: bool = False) -> T | None:
    """Return what is asked; None where the server has no answer for this login.

    ``refusing``: that it may not ask is an error, for it means that there was no login.
    """
    from pymongo.errors import NotPrimaryError, OperationFailure  # noqa: PLC0415  as in login.py

    try:
        return ask()
    except NotPrimaryError:
        # A member of a replica set that was never initiated answers no query; mongodb.healthy tells.
        return None
    except OperationFailure as error:
        if error.code in UNKNOWN and not refusing:
            return None
        raise
