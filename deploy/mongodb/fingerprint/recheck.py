"""A second look at documents that seem to be lost: each is asked for by its ``_id``.

While a cursor passes, a document may be removed and put back, and be missed by it or read as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import cast

from bson.raw_bson import RawBSONDocument

from gonogo.deploy.mongodb.fingerprint import elements, ttl
from gonogo.deploy.mongodb.fingerprint.collection_fingerprint import EXTRA, entry
from gonogo.deploy.mongodb.fingerprint.documents import Event
from gonogo.deploy.mongodb.fingerprint.fingerprint import Client
from gonogo.deploy.mongodb.server.source import Namespace

TOGETHER = 500
"""Documents that one query asks for."""
MOST = 20_000
"""Documents that are asked for; when some of them are lost for certain, the others need not be."""


class Recheck:
    """Asks the server for documents of one collection. ``keep_content``: they must be what they were too."""

    def __init__(self, client: Client, database: str, namespace: Namespace, *, keep_content: bool) -> None:
        self._collection = client[database][namespace.stored]
        self._life = ttl.of(namespace)
        self._series = namespace.form == "timeseries"
        self._keep_content = keep_content and not self._series

    def confirmed(self, lost: Iterator[Event]) -> Iterator[Event]:
        """Give what is really lost of what seems to be."""
        asked = sure = 0
        while some := list(islice(lost, TOGETHER)):
            if asked >= MOST and sure:
                yield from some
                continue
            asked += len(some)
            there = self._there([one.ident for one in some if one.ident])
            for event in some:
                found = self._judged(event, there.get(event.ident))
                if found is not None:
                    sure += 1
                    yield found

    def _judged(self, event: Event, now: tuple[bytes, int] | None) -> Event | None:
        """Return the event as it is now; None where nothing is lost."""
        if now is None:
            # One that is gone by now has vanished, whatever seemed to have happened to it.
            return event if event.what == "early" else replace(event, what="vanished")
        digest, holds = now
        lost = holds < event.held if self._series else self._keep_content and digest != event.digest
        return replace(event, what="changed", holds=holds) if lost else None

    def _there(self, identities: list[bytes]) -> dict[bytes, tuple[bytes, int]]:
        """Return digest and number of measurements of those documents that are there, by ``_id``."""
        found: dict[bytes, tuple[bytes, int]] = {}
        if not identities:
            return found
        query = RawBSONDocument(elements.listed(identities))
        batches = cast("Iterator[bytes]", self._collection.find_raw_batches(query))
        for batch in batches:
            for at, after in elements.documents(batch):
                ident, digest, extra = entry(batch, at, after, self._life)
                found[ident] = digest, EXTRA.unpack(extra)[1] if extra else 0
        return found
