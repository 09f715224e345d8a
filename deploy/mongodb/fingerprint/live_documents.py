"""The documents of a collection as they are now, beside what they were: which of them are lost, by kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from gonogo.deploy.mongodb.fingerprint import fingerprint, ttl
from gonogo.deploy.mongodb.fingerprint.collection_fingerprint import CollectionPrint
from gonogo.deploy.mongodb.fingerprint.difference import Difference, structural, summed
from gonogo.deploy.mongodb.fingerprint.documents import Event, State, events
from gonogo.deploy.mongodb.fingerprint.entries import Entries, EntriesWriter
from gonogo.deploy.mongodb.fingerprint.fingerprint import Client, OnBytes
from gonogo.deploy.mongodb.fingerprint.recheck import Recheck
from gonogo.deploy.mongodb.server.source import Namespace


@dataclass
class LiveDocuments:
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
            seeming = losses(passed if remade else self._timely(passed, self._time(was)), kind, was)
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


def losses(passed: Iterator[Event], kind: str, was: CollectionPrint, now_ms: int = 0) -> Iterator[Event]:
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
