"""Whether anything was written to a database while it was read, told by the storage engine's own counters.

WiredTiger counts every insert, update and removal in a table, whoever asked for it: a client, the deletion
of what is too old (TTL), replication. To ask for the counts costs milliseconds at any size; dbHash would read
the whole database twice more, and hold up its writers meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure

from gonogo.deploy.mongodb.server import source
from gonogo.deploy.mongodb.server.source import BUCKETS, KEPT_SYSTEM

Client = MongoClient[dict[str, Any]]

COUNTED = ("insert calls", "update calls", "remove calls", "modify", "truncate calls")
"""The counters of WiredTiger's cursor statistics that grow when a table is written to."""
VIEWS = "system.views"
STAGES = 200
"""Collections that one aggregation asks about; a pipeline may have 1,000 stages."""


@dataclass(frozen=True)
class State:
    """The collections of a database, each with its UUID and options, and how often each was written to."""

    made: dict[str, tuple[str, str]]
    written: dict[str, tuple[int, ...]]

    def unwritten(self, later: State, name: str) -> bool:
        """Return whether the collection ``name`` was neither written to nor made anew until ``later``."""
        return name in self.written and all(
            before.get(name) == after.get(name)
            for before, after in ((self.made, later.made), (self.written, later.written))
        )


def state(client: Client, database: str) -> State | None:
    """Return the state; None where the server does not tell, as one that is sharded does not.

    A write that was counted before this is done when this returns, so whoever reads now sees it.
    """
    try:
        made = {
            one["name"]: (repr(one.get("info", {}).get("uuid")), repr(one.get("options")))
            for one in source.listed(client, database)
        }
        # A view has no UUID.
        names = [one for one in sorted(made) if _stored(one) and made[one][0] != "None"]
        written = _written(client, database, names)
        # It waits for all writers of the database, as it locks it to hash a collection that there is not.
        client[database].command("dbHash", collections=["gonogo.none"])
    except (OperationFailure, KeyError, TypeError):
        return None
    return State(made, written) if written.keys() == set(names) else None


def _stored(name: str) -> bool:
    return not name.startswith("system.") or name.startswith(BUCKETS) or name in (VIEWS, *KEPT_SYSTEM)


def sizes(client: Client, database: str, names: list[str]) -> dict[str, tuple[int, int]]:
    """Return how many documents collections hold, and their bytes, as the storage engine counts them.

    Of a view, or one that was dropped, nothing is told. Raises pymongo's errors.
    """
    count = {"$ifNull": ["$storageStats.count", "$storageStats.timeseries.bucketCount"]}
    wanted = {"ns": 1, "count": count, "size": "$storageStats.size"}
    return {
        name: (int(row["count"]), int(row["size"]))
        for name, row in _stats(client, database, names, wanted)
        if row.get("count") is not None and row.get("size") is not None
    }


def _written(client: Client, database: str, names: list[str]) -> dict[str, tuple[int, ...]]:
    wanted = {"ns": 1, "cursor": "$storageStats.wiredTiger.cursor"}
    return {
        name: tuple(int(row["cursor"][counter]) for counter in COUNTED)
        for name, row in _stats(client, database, names, wanted)
    }


def _stats(
    client: Client, database: str, names: list[str], wanted: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    stages: list[dict[str, Any]] = [{"$collStats": {"storageStats": {}}}, {"$project": wanted}]
    for begin in range(0, len(names), STAGES):
        first, *others = names[begin : begin + STAGES]
        rest = [{"$unionWith": {"coll": other, "pipeline": stages}} for other in others]
        for row in client[database][first].aggregate([*stages, *rest]):
            yield row["ns"].partition(".")[2], row
