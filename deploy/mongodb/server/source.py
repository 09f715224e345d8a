"""What lies in a database: its collections with their options and indexes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from bson.codec_options import DatetimeConversion
from pymongo.errors import OperationFailure

if TYPE_CHECKING:
    from pymongo import MongoClient

    Client = MongoClient[dict[str, Any]]

BUCKETS = "system.buckets."
"""What the collection that holds the data of a time series is called, before the name of the series."""
KEPT_SYSTEM = ("system.js",)
"""Collections of MongoDB's own that hold what users wrote; the others it makes by itself."""

NAMESPACE_NOT_FOUND = 26

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


def listed(client: Client, database: str, name: str = "") -> Iterator[dict[str, Any]]:
    """Give what ``listCollections`` gives, of all or of one of this name; raises pymongo's errors.

    pymongo's own listing refuses a date that Python has none for, and options may hold one.
    """
    wanted = {"filter": {"name": name}} if name else {}
    return _asked(client, database, {"listCollections": 1, **wanted})


def namespaces(client: Client, database: str) -> list[Namespace]:
    """Return what the database holds, by name; raises pymongo's errors."""
    found = []
    for row in listed(client, database):
        name, form = row["name"], row.get("type", "collection")
        if name.startswith("system.") and name not in KEPT_SYSTEM:
            continue
        indexes = () if form == "view" else _indexes(client, database, name)
        uuid = row.get("info", {}).get("uuid")
        found.append(
            Namespace(name, form, row.get("options", {}), indexes, bytes(uuid).hex() if uuid else "")
        )
    return sorted(found, key=lambda namespace: namespace.name)


def _indexes(client: Client, database: str, collection: str) -> tuple[Mapping[str, Any], ...]:
    try:
        return tuple(_asked(client, database, {"listIndexes": collection}))
    except OperationFailure as error:
        if error.code == NAMESPACE_NOT_FOUND:
            return ()  # dropped since it was listed
        raise


def _asked(client: Client, database: str, command: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    options = client.codec_options.with_options(datetime_conversion=DatetimeConversion.DATETIME_AUTO)
    things = client.get_database(database, codec_options=options)
    return things.cursor_command({**command, "cursor": {}}, codec_options=options)
