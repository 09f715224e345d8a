"""Collections whose documents need not be read one by one: the server hashes them itself (``dbHash``).

What was hashed is proved by the hash of its copy, and nothing of it crosses the line. ``dbHash`` is of the
documents in the order of their ``_id``. A capped collection, or one without an index of ``_id``, is hashed in
its own order, which a copy need not have; where TTL removes documents a copy may have fewer. Those are read,
and so are small ones, and those that are so large that writers would wait too long.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from pymongo.errors import OperationFailure

from gonogo.deploy.mongodb.fingerprint import canonical
from gonogo.deploy.mongodb.fingerprint.collection_fingerprint import CollectionPrint, unread
from gonogo.deploy.mongodb.fingerprint.hashes import Client, Hashes
from gonogo.deploy.mongodb.server import source, write_detection
from gonogo.deploy.mongodb.server.source import Namespace
from gonogo.deploy.mongodb.server.write_detection import State

LARGEST = 2_000_000_000
"""Bytes of the largest collection that is hashed: writers of the database wait meanwhile, some seconds."""
SMALL, SMALL_SHARE = 1_000_000, 0.01
"""The bytes, and the part of all bytes, that small collections have together: to read them costs nothing."""
COPY_MS = 600_000
"""The longest that one ``dbHash`` of a copy may take, to which nobody writes."""

Sizes = Mapping[str, tuple[int, int]]
"""How many documents a collection holds, and their bytes, by the name under which they are stored."""


@dataclass(frozen=True)
class Unread:
    """The collections that were hashed, by name: how many documents they hold, their bytes, their hash.

    ``before``: a state of before they were hashed. Empty where the server does not tell what is written.
    """

    sizes: Sizes = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    before: State | None = None

    def print_of(self, namespace: Namespace) -> CollectionPrint | None:
        """Return the fingerprint of a collection that is not to be read, as it is now; None of others."""
        if namespace.name not in self.hashes:
            return None
        return unread(namespace, *self.sizes[namespace.stored])

    def written(self, later: State | None, names: Mapping[str, str]) -> set[str]:
        """Return those that were written to until ``later``, or made anew; ``names``: of what is there."""
        if self.before is None or later is None:
            return set(self.hashes)
        return {
            name for name in self.hashes if name in names and not self.before.unwritten(later, names[name])
        }


def hashed(client: Client, database: str, apart: Collection[str] = ()) -> Unread:
    """Have the server hash what may be left unread and is not written to meanwhile; pymongo's errors.

    ``apart``: collections that are to be read in any case.
    """
    before = write_detection.state(client, database)
    if before is None:
        return Unread()
    there = source.namespaces(client, database)
    sizes = stored_sizes(client, database, there)
    wanted = {one.name: one for one in choose(there, sizes) if one.name not in apart}
    with Hashes(client, database, most=math.inf) as asked:
        found = asked.of({name: unread(one, *sizes[one.stored]) for name, one in wanted.items()})
    after = write_detection.state(client, database)
    kept = {
        name: value
        for name, value in found.items()
        if after is not None and before.unwritten(after, wanted[name].stored)
    }
    return Unread(sizes, kept, before)


def of_copy(client: Client, database: str, was: Mapping[str, CollectionPrint]) -> Unread:
    """Have the server hash a copy of those collections of ``was`` that were not read; pymongo's errors."""
    names = {name for name, one in was.items() if one.form != "view" and not one.read}
    if not names:
        return Unread()
    there = {one.name: one for one in source.namespaces(client, database) if one.name in names and one.stored}
    sizes = stored_sizes(client, database, list(there.values()))
    with Hashes(client, database, most=math.inf, locked_ms=COPY_MS) as asked:
        hashes = asked.of({name: unread(one, *sizes[one.stored]) for name, one in there.items()})
    return Unread(sizes, hashes)


def choose(namespaces: Collection[Namespace], sizes: Sizes) -> list[Namespace]:
    """Return the collections that need not be read, unless they are written to."""
    room = max(SMALL, SMALL_SHARE * sum(size for _, size in sizes.values()))
    found, hashable = [], [one for one in namespaces if one.stored in sizes and _hashable(one)]
    for one in sorted(hashable, key=lambda one: sizes[one.stored][1]):
        _, size = sizes[one.stored]
        room -= size
        if room < 0 and size <= LARGEST:
            found.append(one)
    return found


def stored_sizes(client: Client, database: str, namespaces: Collection[Namespace]) -> Sizes:
    """Return the sizes of collections; of one that does not tell there is none. Raises pymongo's errors."""
    try:
        return write_detection.sizes(client, database, [one.stored for one in namespaces if one.stored])
    except OperationFailure:
        return {}


def _hashable(one: Namespace) -> bool:
    ages = "expireAfterSeconds" in one.options or any("expireAfterSeconds" in each for each in one.indexes)
    apart = one.options.get("capped") or one.options.get("temp") or one.name.startswith("system.")
    return bool(one.stored) and canonical.unique(one) and not ages and not apart
