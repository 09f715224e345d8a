"""What mongodump's archive must hold: each document that was the same before the dump and after it.

mongodump reads one collection after another while others write, so no fingerprint is of the very documents
that it wrote. A document that changed meanwhile may be in the archive in any of its states: of it nothing is
claimed but that it is counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from gonogo.deploy.mongodb.fingerprint import fingerprint, structure
from gonogo.deploy.mongodb.fingerprint.collection_fingerprint import CollectionPrint
from gonogo.deploy.mongodb.fingerprint.difference import Difference, Named, rehashed, structural
from gonogo.deploy.mongodb.fingerprint.documents import State, unequal
from gonogo.deploy.mongodb.fingerprint.entries import ENTRIES, Entries, unpacked
from gonogo.deploy.mongodb.fingerprint.fingerprint import Fingerprint
from gonogo.deploy.mongodb.fingerprint.hashes import alike
from gonogo.deploy.mongodb.fingerprint.ttl import NEVER

Rows = Counter[tuple[bytes, bytes]]


@dataclass
class Unchanged:
    """What was found: the differences, how many documents were proved, and how many changed meanwhile."""

    differences: list[Difference] = field(default_factory=list)
    proved: int = 0
    changed: int = 0


def between(before: Path, after: Path, restored: Path, due_ms: int = 0) -> Unchanged:
    """Compare a restored database with the fingerprints before and after its dump; raises GonogoError.

    The folders hold one fingerprint each. ``due_ms``: what TTL could remove by then, in ms since 1970, may be
    gone.
    """
    first, last, now = (fingerprint.load(folder) for folder in (before, after, restored))
    found = Unchanged()
    with (
        unpacked(before / ENTRIES, first.entries) as old,
        unpacked(after / ENTRIES, last.entries) as new,
        unpacked(restored / ENTRIES, now.entries) as there,
    ):
        for name, collection in last.collections.items():
            was, is_now = first.collections.get(name), now.collections.get(name)
            if was is None or was.uuid != collection.uuid:
                found.changed += collection.count
            elif is_now is None:
                told = f"the collection is not in the backup, with its {collection.count} documents"
                found.differences.append(structural(name, "", "collection dropped", told))
            elif not collection.read:
                _hashed(name, was, last, now, found)
            else:
                _collection(name, (was, collection, is_now), (old, new, there), found, due_ms)
    found.changed += sum(one.count for name, one in first.collections.items() if name not in last.collections)
    return found


def _hashed(name: str, first: CollectionPrint, last: Fingerprint, now: Fingerprint, found: Unchanged) -> None:
    """Judge a collection that nobody wrote to, by the server's own hash of it."""
    was, there = last.collections[name], now.collections[name]
    if structure.of(first) == structure.of(was):
        found.differences += structure.differing(name, structure.of(was), structure.of(there))
    if alike(name, last.db_hashes, now.db_hashes):
        found.proved += was.count
    else:
        found.differences.append(rehashed(name, "", was.count))


Three = tuple[CollectionPrint, CollectionPrint, CollectionPrint]
Folders = tuple[Path, Path, Path]


def _collection(name: str, prints: Three, folders: Folders, found: Unchanged, due_ms: int) -> None:
    shapes = [structure.of(one) for one in prints]
    if shapes[0] == shapes[1]:
        found.differences += structure.differing(name, shapes[1], shapes[2])
    vanished, changed = Named(name, "", "vanished"), Named(name, "", "changed")
    files = [folder / one.file for folder, one in zip(folders, prints, strict=True)]
    with Entries(files[0]) as one, Entries(files[1]) as two, Entries(files[2]) as three:
        states = [State(told, entries) for told, entries in zip(prints, (one, two, three), strict=True)]
        # Beside what is looked at, all is equal in the three.
        found.proved += prints[1].count
        for which in unequal(*states):
            was, last, now = (_rows(state, which) for state in states)
            due = {ident: when for ident, _, when, _ in states[1].rows(*which)} if due_ms else {}
            kept = was & last
            found.proved -= (last - kept).total()
            found.changed += _apart(was - kept, last - kept)
            present = {ident for ident, _ in now}
            lost = (kept - now).items()
            gone = Counter({row: many for row, many in lost if due.get(row[0], NEVER) > due_ms})
            found.proved -= (kept - now).total()
            for ident, _ in gone.elements():
                (changed if ident and ident in present else vanished).add(ident)
    found.differences += [one.difference for one in (vanished, changed) if one.count]


def _rows(state: State, which: tuple[list[int], int, int]) -> Rows:
    """Return how often each document is there; one that was read twice, as it was moved, is there once."""
    rows = [(ident, digest) for ident, digest, _, _ in state.rows(*which)]
    return Counter(dict(rows).items() if state.told.unique else rows)


def _apart(was: Rows, last: Rows) -> int:
    """Return how many documents changed, came or went; one with other contents counts once."""
    before = {ident for ident, _ in was if ident}
    return was.total() + last.total() - sum(1 for ident, _ in last if ident in before)
