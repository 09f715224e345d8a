"""What lies in a database: its collections with their options and indexes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pymongo import MongoClient

    Client = MongoClient[dict[str, Any]]

BUCKETS = "system.buckets."
"""What the collection that holds the data of a time series is called, before the name of the series."""
KEPT_SYSTEM = ("system.js",)
"""Collections of MongoDB's own that hold what users wrote; the others it makes by itself."""

Form = Literal["collection", "timeseries", "view"]


@dataclass(frozen=True)
class Namespace:
    """A collection, a time series or a view. ``options``: as ``listCollections`` gives them.

    ``indexes``: as ``listIndexes`` gives them, none for a view. ``uuid``: 32 hexadecimal digits, empty for a
    view. ``stored``: the collection in which the documents lie, empty for a view.
    """

    name: str
    form: Form = "collection"
    options: Mapping[str, Any] = field(default_factory=dict)
    indexes: tuple[Mapping[str, Any], ...] = ()
    uuid: str = ""

    @property
    def stored(self) -> str:
        """The name of the collection that holds the documents; see ``BUCKETS``."""
        if self.form == "view":
            return ""
        return f"{BUCKETS}{self.name}" if self.form == "timeseries" else self.name


def namespaces(client: Client, database: str) -> list[Namespace]:
    """Return what the database holds, by name; raises pymongo's errors."""
    found = []
    for row in client[database].list_collections():
        name, form = row["name"], row.get("type", "collection")
        if name.startswith("system.") and name not in KEPT_SYSTEM:
            continue
        indexes: tuple[Mapping[str, Any], ...] = ()
        if form != "view":
            indexes = tuple(client[database][name].list_indexes())
        uuid = row.get("info", {}).get("uuid")
        found.append(
            Namespace(name, form, row.get("options", {}), indexes, bytes(uuid).hex() if uuid else "")
        )
    return sorted(found, key=lambda one: one.name)
