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
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from gonogo.deploy.mongodb.fingerprint import canonical, fingerprint, structure, ttl
from gonogo.deploy.mongodb.fingerprint.collection_fingerprint import CollectionPrint
from gonogo.deploy.mongodb.fingerprint.difference import Compared, Difference, structural, summed
from gonogo.deploy.mongodb.fingerprint.documents import Event, State, events
from gonogo.deploy.mongodb.fingerprint.entries import ENTRIES, Entries, EntriesWriter, unpacked
from gonogo.deploy.mongodb.fingerprint.fingerprint import Client, OnBytes
from gonogo.deploy.mongodb.fingerprint.hashes import hashes
from gonogo.deploy.mongodb.fingerprint.recheck import Recheck
from gonogo.deploy.mongodb.server import source
from gonogo.deploy.mongodb.server.source import Namespace
from gonogo.deploy.target.sections.data import Mongodb

__all__ = ["Compared", "Difference", "between", "compared", "differences"]


def differences(
    before: Path, client: Client, database: str, kinds: Mongodb, on_bytes: OnBytes = None
) -> list[Difference]:
    """Return what a database lost since the fingerprint in ``before`` was taken; see ``compared``."""
    return compared(before, client, database, kinds, on_bytes).differences


def compared(
    before: Path, client: Client, database: str, kinds: Mongodb, on_bytes: OnBytes = None
) -> Compared:
    """Compare the present state of a database with the fingerprint in the folder ``before``.

    It may be written to meanwhile. Documents are read of collections alone whose ``dbHash`` is not that of
    before. Raises GonogoError, and pymongo's errors.
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
        folder = stack.enter_context(unpacked(before / ENTRIES, was.entries)) if unequal else before
        place = stack.enter_context(tempfile.TemporaryDirectory(prefix="gonogo-"))
        entries = stack.enter_context(EntriesWriter(Path(place)))
        look = _Look(client, database, folder, entries, on_bytes, kinds.changed_at_most)
        for name, one in was.collections.items():
            if name not in unequal:
                found.looked.append(f"{name} ({judged[name]}): {_unread(name, one, wanted, there)}")
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
            with Entries(old / collection.file) as entries, Entries(new / other.file) as others:
                passed = events(State(collection, entries), State(other, others), exact=exact)
                found += summed(
                    name, kind, passed if exact else _lost(passed, kind, collection, _moment(now.taken))
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


@dataclass
class _Look:
    """Reads what the server has now, and compares it with the entries in ``folder``.

    ``bound``: the share of a mutable collection that may change; None for all of it.
    """

    client: Client
    database: str
    folder: Path
    entries: EntriesWriter
    on_bytes: OnBytes
    bound: float | None
    read: int = 0
    aged: int = 0
    changed: int = 0

    def documents(
        self, name: str, kind: str, was: CollectionPrint, now: Namespace
    ) -> tuple[list[Difference] | None, str]:
        """Return the losses among documents, and how that was found.

        There are no losses to tell, but None, where the collection was dropped meanwhile. ``read`` and
        ``aged`` count the documents that were read, and those that vanished when their time was over.
        """
        read = fingerprint.read(self.client, self.database, now, self.entries, self.on_bytes)
        if read is None:
            return None, "dropped while it was read"
        self.read += read.count
        remade = "" not in {was.uuid, read.uuid} and was.uuid != read.uuid
        file = self.entries.folder / read.file
        with Entries(self.folder / was.file) as old, Entries(file) as new:
            passed = events(State(was, old), State(read, new), exact=False, remade=remade)
            recheck = Recheck(self.client, self.database, now, keep_content=kind == "append-only")
            # TTL removes documents, and never a collection.
            seeming = _lost(passed if remade else self._timely(passed, self._time(was)), kind, was)
            self.changed = 0
            lost = summed(name, kind, recheck.confirmed(seeming))
            lost += self._beyond(name, kind, was)
        file.unlink()
        return lost, f"{was.count} documents before, {read.count} read now"

    def _beyond(self, name: str, kind: str, was: CollectionPrint) -> list[Difference]:
        """Return the difference where more of a mutable collection changed than the target file allows."""
        growing = was.form == "timeseries"  # by its buckets
        if kind != "mutable" or growing or self.bound is None or self.changed <= self.bound * was.count:
            return []
        told = f"{self.changed} of {was.count} documents changed"
        told += f", and mongodb.changed_at_most is {100 * self.bound:g}%"
        return [structural(name, kind, "changed too often", told)]

    def _timely(self, passed: Iterator[Event], now_ms: int) -> Iterator[Event]:
        """Give the events, but those of documents that were due; of others, that it was too early."""
        for event in passed:
            self.changed += event.what == "changed"
            if event.what != "vanished" or event.due == ttl.NEVER:
                yield event
            elif event.due <= now_ms:
                self.aged += 1
            else:
                yield replace(event, what="early")

    def _time(self, was: CollectionPrint) -> int:
        """Return the server's time, in ms since 1970, where documents can be due."""
        return ttl.now_ms(self.client.admin.command("hello")["localTime"]) if was.extra else 0


def _lost(passed: Iterator[Event], kind: str, was: CollectionPrint, now_ms: int = 0) -> Iterator[Event]:
    """Give those events that are losses for a kind; ``now_ms``: what was due by then may be gone."""
    for event in passed:
        if event.what in {"vanished", "early"}:
            if event.due > now_ms:
                yield event
        elif was.form == "timeseries":
            if event.holds < event.held:
                yield event
        elif kind == "append-only":
            yield event


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
