"""The comparison of a database with its fingerprint, and of two fingerprints: what vanished or changed.

Losses are judged by kind. Of an append-only collection no document may vanish or change; of a mutable one
none may vanish; of a volatile one any may, and it may be dropped itself. A dropped index is a loss in every
kind, as long as its collection is there. What is new is no loss, nor is what MongoDB does by itself: to
remove documents whose time is over (TTL) and the oldest ones of a capped collection that is full, and to fill
the buckets of a time series.
"""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from gonogo.deploy.mongodb.fingerprint import canonical, fingerprint, structure, ttl
from gonogo.deploy.mongodb.fingerprint.collection_fingerprint import CollectionPrint
from gonogo.deploy.mongodb.fingerprint.difference import Compared, Difference, rehashed, structural, summed
from gonogo.deploy.mongodb.fingerprint.documents import State, events
from gonogo.deploy.mongodb.fingerprint.entries import ENTRIES, Entries, EntriesWriter, unpacked
from gonogo.deploy.mongodb.fingerprint.fingerprint import Client, OnBytes
from gonogo.deploy.mongodb.fingerprint.hashes import alike, hashes
from gonogo.deploy.mongodb.fingerprint.live_documents import LiveDocuments, losses
from gonogo.deploy.mongodb.server import source
from gonogo.deploy.mongodb.server.source import Namespace
from gonogo.deploy.target.sections.data import Mongodb

__all__ = ["Compared", "Difference", "between", "compared", "differences"]


def differences(
    before: Path, client: Client, database: str, kinds: Mongodb, on_bytes: OnBytes = None
) -> list[Difference]:
    """Return what a database lost since the fingerprint in ``before`` was taken; see ``compared``."""
    return compared(before, client, database, kinds, on_bytes).differences


def compared(  # noqa: PLR0913, PLR0917
    before: Path,
    client: Client,
    database: str,
    kinds: Mongodb,
    on_bytes: OnBytes = None,
    supply: Callable[[list[str]], None] | None = None,
) -> Compared:
    """Compare the present state of a database with the fingerprint in the folder ``before``.

    It may be written to meanwhile. Documents are read of collections alone whose ``dbHash`` is not that of
    before. ``supply`` puts into the folder the entries of such as were hashed and not read; without it,
    nothing is said of their documents. Raises GonogoError, and pymongo's errors.
    """
    was = fingerprint.load(before)
    there = _there(client, database)
    if was.collections.keys() - there.keys():
        # An application that starts may drop a collection and make it anew, or an index: look once more.
        there = _there(client, database)
    judged = {name: kind_of(name, collection, kinds) for name, collection in was.collections.items()}
    wanted = {
        name: collection
        for name, collection in was.collections.items()
        if judged[name] != "volatile" and collection.count and name in there and there[name].stored
    }
    hashed = hashes(client, database, {n: o for n, o in wanted.items() if n in was.db_hashes})
    found, dropped = Compared(), set[str]()
    with ExitStack() as stack:
        # A database that nothing was written to needs no entries.
        unequal = [name for name in wanted if hashed.get(name, "") != was.db_hashes.get(name)]
        if supply and (lacking := [name for name in unequal if not was.collections[name].read]):
            supply(lacking)
            was = fingerprint.load(before)
        written = [name for name in unequal if not was.collections[name].read]
        unequal = [name for name in unequal if name not in written]
        folder = stack.enter_context(unpacked(before / ENTRIES, was.entries)) if unequal else before
        place = stack.enter_context(tempfile.TemporaryDirectory(prefix="gonogo-"))
        entries = stack.enter_context(EntriesWriter(Path(place)))
        look = LiveDocuments(client, database, folder, entries, on_bytes, kinds.changed_at_most)
        for name, one in was.collections.items():
            if name not in unequal:
                how = (
                    "written to since it was hashed" if name in written else _unread(name, one, wanted, there)
                )
                found.looked.append(f"{name} ({judged[name]}): {how}")
                continue
            lost, line = look.documents(name, judged[name], one, there[name])
            if lost is None:
                dropped.add(name)
                lost = []
            found.differences += lost
            found.looked.append(f"{name} ({judged[name]}): {line}")
        found.documents, found.aged = look.read, look.aged
    if any(one.what == "early" for one in found.differences):
        found.settle(was.removals.until(ttl.removals(client)) if was.removals else None)
    present = {name: namespace for name, namespace in there.items() if name not in dropped}
    if _structural(was.collections, judged, present):
        # What came only after documents were judged is another collection than the one that was there.
        again = _there(client, database)
        present = {name: namespace for name, namespace in again.items() if name in present}
        found.differences[:0] = _structural(was.collections, judged, present)
    return found


def between(before: Path, after: Path, exact: bool = True, kinds: Mongodb | None = None) -> list[Difference]:
    """Return in what the fingerprints in two folders differ; raises GonogoError.

    ``exact``: in anything. Else by kind, as ``compared`` does, with everything mutable without ``kinds``: for
    a copy that was made later than the fingerprint ``before``, while others wrote.
    """
    was, now = fingerprint.load(before), fingerprint.load(after)
    settings = kinds or Mongodb(service="-", database=was.database)
    found: list[Difference] = []
    with (
        unpacked(before / ENTRIES, was.entries) as old,
        unpacked(after / ENTRIES, now.entries) as new,
    ):
        for name, collection in was.collections.items():
            kind = "" if exact else kind_of(name, collection, settings)
            other = now.collections.get(name)
            if other is None:
                found += _dropped(name, kind, collection)
                continue
            shapes = structure.of(collection), structure.of(other)
            found += structure.differing(name, *shapes) if exact else structure.losses(name, kind, *shapes)
            if kind == "volatile":
                continue
            if not collection.read:
                same = alike(name, was.db_hashes, now.db_hashes)
                found += [] if same else [rehashed(name, kind, collection.count)]
                continue
            with Entries(old / collection.file) as entries, Entries(new / other.file) as others:
                passed = events(State(collection, entries), State(other, others), exact=exact)
                found += summed(
                    name, kind, passed if exact else losses(passed, kind, collection, _moment(now.taken))
                )
    if exact:
        added = sorted(set(now.collections) - set(was.collections))
        found += [structural(name, "", "new", "the collection was not there before") for name in added]
    return found


def kind_of(name: str, collection: CollectionPrint, kinds: Mongodb) -> str:
    """Return by which rules a collection is judged."""
    if canonical.temporary(collection.options):
        return "volatile"
    return kinds.collections.get(name, kinds.other_collections)


def _there(client: Client, database: str) -> dict[str, Namespace]:
    return {namespace.name: namespace for namespace in source.namespaces(client, database)}


def _structural(
    was: dict[str, CollectionPrint], judged: dict[str, str], there: dict[str, Namespace]
) -> list[Difference]:
    """Return what was lost of collections themselves."""
    found: list[Difference] = []
    for name, collection in was.items():
        if name not in there:
            found += _dropped(name, judged[name], collection)
        else:
            found += structure.losses(name, judged[name], structure.of(collection), structure.of(there[name]))
    return found


def _dropped(name: str, kind: str, was: CollectionPrint) -> list[Difference]:
    if kind == "volatile":
        return []
    if was.form == "view":
        return [structural(name, kind, "view dropped", "the view is gone")]
    form = "time series" if was.form == "timeseries" else "collection"
    held = f" with its {was.count} documents" if was.count and was.form == "collection" else ""
    return [structural(name, kind, "collection dropped", f"the {form} is gone{held}")]


def _unread(
    name: str, was: CollectionPrint, wanted: dict[str, CollectionPrint], there: dict[str, Namespace]
) -> str:
    if name in wanted:
        return f"{was.count} documents, dbHash as before"
    if name not in there:
        return "not there"
    return "a view" if was.form == "view" else "empty before" if not was.count else "documents not judged"


def _moment(taken: str) -> int:
    return int(datetime.datetime.fromisoformat(taken).timestamp() * 1000)
