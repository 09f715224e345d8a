"""A difference between two states of a database, as data and in words; never with a value but ``_id``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from gonogo.deploy.mongodb.fingerprint import elements
from gonogo.deploy.mongodb.fingerprint.documents import Event

SHOWN = 5
"""Documents that a difference names; the others are counted."""


@dataclass(frozen=True)
class Difference:
    """Something that is not as it was. ``kind``: of the collection, empty where kinds do not count.

    ``what``: such as ``vanished`` or ``index dropped``. ``ids``: of documents, SHOWN at most, as extended
    JSON; ``count``: how many there are. ``told``: one sentence without its full stop.
    """

    collection: str
    kind: str
    what: str
    told: str
    ids: tuple[str, ...] = ()
    count: int = 0


@dataclass
class Named:
    """Counts the documents of one collection that something happened to, and names the first."""

    collection: str
    kind: str
    what: str
    count: int = 0
    ids: list[str] = field(default_factory=list)

    def add(self, ident: bytes) -> None:
        """Count one more."""
        self.count += 1
        if len(self.ids) < SHOWN:
            self.ids.append(elements.shown(ident))

    @property
    def difference(self) -> Difference:
        """All of them as one."""
        more = f" and {self.count - len(self.ids)} more" if self.count > len(self.ids) else ""
        documents = "1 document" if self.count == 1 else f"{self.count} documents"
        told = f"{named(self.collection, self.kind)}: {documents} {_verb(self)}: {', '.join(self.ids)}{more}"
        return Difference(self.collection, self.kind, self.what, told, tuple(self.ids), self.count)


def summed(name: str, kind: str, passed: Iterator[Event]) -> list[Difference]:
    """Return what happened to the documents of one collection, a difference for each kind of event."""
    found: dict[str, Named] = {}
    for event in passed:
        found.setdefault(event.what, Named(name, kind, event.what)).add(event.ident)
    return [found[what].difference for what in ("vanished", "early", "changed", "new") if what in found]


def structural(collection: str, kind: str, what: str, told: str) -> Difference:
    """Return a difference of a collection itself."""
    return Difference(collection, kind, what, f"{named(collection, kind)}: {told}")


def rehashed(collection: str, kind: str, count: int) -> Difference:
    """Return the difference of a copy whose ``dbHash`` is another; ``count``: of its documents."""
    told = f"its {count} documents are not what they were: the server's hash of them (dbHash) is another; "
    told += "which ones is not known, as nothing wrote to them and they were not read"
    return structural(collection, kind, "contents changed", told)


def named(collection: str, kind: str) -> str:
    """Return a collection with its kind, for messages."""
    return f"{collection} ({kind})" if kind else collection


def _verb(found: Named) -> str:
    if found.what == "new":
        return "that was not there before" if found.count == 1 else "that were not there before"
    if found.what == "early":
        return f"vanished before {'its' if found.count == 1 else 'their'} time was over"
    return found.what


@dataclass
class Compared:
    """What a comparison found, and how it looked: a line for each collection, and the documents read."""

    differences: list[Difference] = field(default_factory=list)
    looked: list[str] = field(default_factory=list)
    documents: int = 0
    aged: int = 0
    """Documents that vanished when their time (TTL) was over."""
    doubts: list[Difference] = field(default_factory=list)
    """What may be a loss, and may be what MongoDB removes itself."""

    def settle(self, removed: int | None) -> None:
        """Take back what vanished before its time, where TTL ``removed`` as many; None: nobody counted.

        An application may set a date into the past, as at a logout, so that TTL removes the document. Where
        nobody counted it is a doubt.
        """
        early = [one for one in self.differences if one.what == "early"]
        gone = self.aged + sum(one.count for one in early)
        if not early or (removed is not None and gone > removed):
            return
        self.differences = [one for one in self.differences if one.what != "early"]
        if removed is None:
            self.doubts = early
            return
        told = f"no loss, MongoDB removed {removed} of all collections by TTL indexes"
        self.looked += [f"{one.told}; {told}" for one in early]
