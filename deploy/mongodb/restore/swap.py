"""Putting one database in the place of another, collection by collection.

MongoDB renames a collection into another database by copying it beside the one that it is to replace, which
it then replaces in one step: whoever reads finds the old one or the new one. What cannot be renamed (time
series, views, MongoDB's own collections) is dropped and made anew, and is not there for that time.
"""

from __future__ import annotations

from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from gonogo.deploy.mongodb.fingerprint import batches
from gonogo.deploy.mongodb.fingerprint.elements import documents
from gonogo.deploy.mongodb.restore import loader
from gonogo.deploy.mongodb.restore.inserter import Inserter
from gonogo.deploy.mongodb.server import source
from gonogo.deploy.mongodb.server.source import Namespace

NO_RENAME = (20, 59, 72, 73, 115, 166)
"""IllegalOperation, CommandNotFound, InvalidOptions, InvalidNamespace, CommandNotSupported,
CommandNotSupportedOnView: a collection of this kind is not renamed."""

Client = MongoClient[dict[str, Any]]


class Swap:
    """Puts what lies in one database of a server into another. ``done``: the collections that are there."""

    def __init__(self, client: Client, stage: str, live: str) -> None:
        """Prepare; ``stage`` is empty or gone when all is done."""
        self._client, self._stage, self._live = client, stage, live
        self.begun = False
        """Whether the live database is another than it was, or may be."""
        self.done: list[str] = []

    def all(self) -> tuple[str, ...]:
        """Put everything in its place, and return what was dropped as it is not in the stage.

        Raises pymongo's errors; the collections that were not reached are the old ones then.
        """
        there = {namespace.name: namespace for namespace in source.namespaces(self._client, self._live)}
        new = source.namespaces(self._client, self._stage)
        for one in sorted(
            new, key=lambda namespace: ("collection", "timeseries", "view").index(namespace.form)
        ):
            self._one(one, there.get(one.name))
            self.done.append(one.name)
        gone = sorted(there.keys() - {namespace.name for namespace in new})
        for name in gone:
            self._removed(name)
        return tuple(gone)

    def _one(self, new: Namespace, old: Namespace | None) -> None:
        renames = new.form == "collection" and not _own(new.name)
        if old is not None and (old.form != "collection" or not renames):
            self._removed(new.name)
        if not (renames and self._renamed(new.name)):
            self._removed(new.name)
            self._copied(new)

    def _removed(self, name: str) -> None:
        self.begun = True
        if _own(name):
            self._client[self._live][name].delete_many({})
        else:
            self._client[self._live].drop_collection(name)

    def _renamed(self, name: str) -> bool:
        try:
            self._client.admin.command(
                "renameCollection", f"{self._stage}.{name}", to=f"{self._live}.{name}", dropTarget=True
            )
        except OperationFailure as error:
            if error.code in NO_RENAME:
                return False
            raise
        except PyMongoError:
            self.begun = True  # for all that is known
            raise
        self.begun = True
        return True

    def _copied(self, new: Namespace) -> None:
        if not (_own(new.name) and new.name in self._client[self._live].list_collection_names()):
            loader.create(self._client, self._live, new)
        if not new.stored:
            return
        inserter = Inserter(self._client, self._live, new, None)
        try:
            for batch in batches.read(self._client, self._stage, new.stored):
                inserter.put([batch[at:after] for at, after in documents(batch)])
        except BaseException:
            inserter.stop()
            raise
        inserter.end()
        loader.index(self._client, self._live, new)


def _own(name: str) -> bool:
    """Return whether a collection is of MongoDB's own kind, which it does not drop."""
    return name.startswith("system.")
