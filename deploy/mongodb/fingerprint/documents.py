"""Two states of the documents of one collection: which vanished, changed or came, bucket by bucket."""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from gonogo.deploy.mongodb.fingerprint import canonical
from gonogo.deploy.mongodb.fingerprint.collection_fingerprint import EXTRA, CollectionPrint
from gonogo.deploy.mongodb.fingerprint.entries import BUCKETS, Entries
from gonogo.deploy.mongodb.fingerprint.ttl import NEVER

TOGETHER = 50_000
"""Entries of each state that are in memory at once: about 20 MB."""
SLACK = 0.9
"""The part of its size from which a capped collection counts as full: some MongoDBs make room in portions."""

What = Literal["vanished", "early", "changed", "new"]


@dataclass(frozen=True)
class Event:
    """What became of one document; ``early``: it vanished before the time that TTL gave it.

    ``ident``: its ``_id`` element; ``digest``: of what it was, or is if new.
    ``due``: when MongoDB could remove it, in ms since 1970. ``held``: how many measurements a bucket of a
    time series held, and ``holds`` how many it holds.
    """

    what: What
    ident: bytes
    digest: bytes
    due: int = NEVER
    held: int = 0
    holds: int = 0


@dataclass(frozen=True)
class State:
    """The documents of one collection at one time."""

    told: CollectionPrint
    entries: Entries

    def rows(self, buckets: Iterable[int], part: int, parts: int) -> Iterator[tuple[bytes, bytes, int, int]]:
        """Give ``_id``, digest, due and held of the documents in one of so many parts of these buckets."""
        extra = EXTRA.size if self.told.extra else 0
        for bucket in buckets:
            for stored, digest in self.entries.bucket(bucket):
                ident = stored[:-extra] if extra else stored
                if parts > 1 and (zlib.crc32(ident or digest) // BUCKETS) % parts != part:
                    continue
                due, held = EXTRA.unpack(stored[-extra:]) if extra else (NEVER, 0)
                yield ident, digest, due, held


def events(before: State, after: State, *, exact: bool, remade: bool = False) -> Iterator[Event]:
    """Give what vanished or changed, and, if ``exact``, what is new; what is the same is skipped by buckets.

    Unless ``exact``, a capped collection that is full may have lost its oldest documents; not one that was
    dropped and made anew, ``remade``: what it held is gone for another reason.
    """
    if before.told.digest == after.told.digest and before.told.count == after.told.count:
        return
    if before.told.ordered and after.told.ordered and not exact:
        yield from _ordered(before, after, remade)
        return
    keyed = before.told.unique and after.told.unique
    for which in unequal(before, after):
        yield from (_by_key if keyed else _by_count)(before, after, which, exact)


def unequal(*states: State) -> Iterator[tuple[list[int], int, int]]:
    """Give the buckets to compare together, as ``State.rows`` takes them, in parts that memory has room for.

    Those that are equal in all states are left out; all are compared together where the states do not match.
    """
    numbers = sorted({number for state in states for number in state.entries.sums})
    groups = [numbers] if numbers else []
    if len({(state.told.ordered, state.told.unique) for state in states}) == 1:
        groups = [
            [number] for number in numbers if len({state.entries.sums.get(number) for state in states}) > 1
        ]
    for buckets in groups:
        largest = max(sum(state.entries.counts.get(number, 0) for number in buckets) for state in states)
        parts = max(1, math.ceil(largest / TOGETHER))
        yield from ((buckets, part, parts) for part in range(parts))


def _by_key(before: State, after: State, which: tuple[list[int], int, int], exact: bool) -> Iterator[Event]:
    """Compare documents by their ``_id``; of one that was read twice, as it was moved, the later counts."""
    now = {ident: (digest, held) for ident, digest, _, held in after.rows(*which)}
    was = {ident: (digest, due, held) for ident, digest, due, held in before.rows(*which)}
    for ident, (digest, due, held) in was.items():
        there = now.get(ident)
        if there is None:
            yield Event("vanished", ident, digest, due, held)
        elif there[0] != digest:
            yield Event("changed", ident, digest, due, held, there[1])
    if exact:
        yield from (Event("new", ident, row[0]) for ident, row in now.items() if ident not in was)


def _by_count(before: State, after: State, which: tuple[list[int], int, int], exact: bool) -> Iterator[Event]:
    """Compare documents that their ``_id`` does not tell apart: how often each is there."""
    was = Counter((ident, digest) for ident, digest, _, _ in before.rows(*which))
    now = Counter((ident, digest) for ident, digest, _, _ in after.rows(*which))
    for ident, digest in (was - now).elements():
        yield Event("vanished", ident, digest)
    if exact:
        for ident, digest in (now - was).elements():
            yield Event("new", ident, digest)


def _ordered(before: State, after: State, remade: bool) -> Iterator[Event]:
    """Compare a capped collection in its own order: it loses its oldest documents alone, when it is full."""
    now = after.rows([0], 0, 1)
    first = next(now, None)
    rolled = first is not None and not remade and _full(after.told, before.told)
    if rolled and not any(_same(row, first) for row in before.rows([0], 0, 1)):
        return
    current, begun = first, False
    for row in before.rows([0], 0, 1):
        if current is not None and _same(row, current):
            if row[1] != current[1]:
                yield Event("changed", row[0], row[1], row[2])
            current, begun = next(now, None), True
        elif begun or not rolled:
            yield Event("vanished", row[0], row[1], row[2])


def _same(one: tuple[bytes, bytes, int, int], other: tuple[bytes, bytes, int, int] | None) -> bool:
    return other is not None and (one[0] or one[1]) == (other[0] or other[1])


def _full(now: CollectionPrint, was: CollectionPrint) -> bool:
    size, most = canonical.room(now.options)
    return now.count >= most or now.bytes + max(now.largest, was.largest) >= SLACK * size
