"""Our own writer of dumps: reads a database as raw BSON and gives it as files of mongodump's layout."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any, Protocol, cast

from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.errors import OperationFailure

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup import layout, manifest
from gonogo.deploy.mongodb.fingerprint import batches
from gonogo.deploy.mongodb.fingerprint.read_ahead import Ahead
from gonogo.deploy.mongodb.server import source, write_detection
from gonogo.deploy.mongodb.server.source import Namespace

Client = MongoClient[dict[str, Any]]
Piece = tuple[str, bytes]
"""A path in the backup's folder, and what is to be appended to the file there."""

CAPPED_SINCE = (8, 0)
"""The version of MongoDB from which a snapshot can read capped collections."""
UNAUTHORIZED = 13
GONE = (26, 43, 175, 246)
"""MongoDB's codes NamespaceNotFound, CursorNotFound, QueryPlanKilled and SnapshotUnavailable."""
OLD = (239, 246)
"""SnapshotTooOld and SnapshotUnavailable."""
ROUNDS = 3
"""How often collections are looked for that were made while the others were read."""

DROPPED = "was dropped or renamed while it was read: of it, the backup has what was read until then"


class SnapshotLost(Exception):
    """The server no longer has the moment that the snapshot is of; read again without one."""


class Counting(Protocol):
    """What takes the fingerprint of one collection while its documents pass."""

    def add(self, batch: bytes) -> None:
        """Take a batch: BSON documents, one after another."""

    def close(self) -> Any:
        """Return the fingerprint of the collection."""


class Writer:
    """Reads one database once. What it found is in its attributes when ``pieces`` is through.

    ``prints``: by collection, what ``counting`` made of its documents. ``notes``: what happened meanwhile.
    """

    def __init__(
        self,
        client: Client,
        database: str,
        counting: Callable[[Namespace], Counting],
        *,
        users: bool = False,
        snapshot: bool = True,
    ) -> None:
        """Prepare; ``snapshot``: read all of one moment where the server is a member of a replica set."""
        self._client, self._database, self._counting = client, database, counting
        self._users = users
        hello = client.admin.command("hello")
        self.snapshot = snapshot and ("setName" in hello or hello.get("msg") == "isdbgrid")
        self.server = str(client.server_info()["version"])
        self.prints: dict[str, Any] = {}
        self.notes: list[str] = []
        self.consistent = False
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="gonogo-fingerprint")
        self._ahead: Ahead[bytes] | None = None

    def close(self) -> None:
        """Read no more; who waits for a piece in another thread gets an error, not the end."""
        if self._ahead is not None:
            self._ahead.close()
        self._pool.shutdown(wait=False, cancel_futures=True)

    @property
    def consistency(self) -> str:
        """How far all of the backup is of one moment, in words."""
        if self.snapshot:
            return manifest.SNAPSHOT if self.consistent else manifest.NEARLY
        return manifest.UNCHANGED if self.consistent else manifest.INCONSISTENT

    def pieces(self) -> Iterator[Piece]:
        """Give the files of the dump piece by piece; raises SnapshotLost and pymongo's errors."""
        if self._users:
            yield from self._accounts()
        if self.snapshot:
            yield from self._of_one_moment()
        else:
            yield from self._one_after_another()
        # As the last one, so that whoever takes it is through with the documents while the rest is made.
        yield layout.prelude_path(self._database), layout.prelude(self.server, f"gonogo-{manifest.FORMAT}")

    def _of_one_moment(self) -> Iterator[Piece]:
        self.consistent = True
        with self._client.start_session(snapshot=True) as session:
            # The snapshot is of the moment of its first read.
            next(iter(self._client[self._database]["gonogo.none"].find(session=session)), None)
            for namespace in source.namespaces(self._client, self._database):
                apart = namespace.options.get("capped") and self._version < CAPPED_SINCE
                if apart:
                    self.consistent = False
                    self._note(
                        namespace,
                        "is capped, and its MongoDB has no snapshots of such: it is of its own moment",
                    )
                yield from self._collection(namespace, None if apart else session)
                # MongoDB gives nothing, and no error, where a collection of the snapshot was dropped.
                if namespace.stored and not self._there(namespace):
                    self.consistent = False
                    self._note(namespace, DROPPED)

    def _one_after_another(self) -> Iterator[Piece]:
        before = write_detection.state(self._client, self._database)
        seen: set[str] = set()
        for turn in range(ROUNDS):
            new = [one for one in source.namespaces(self._client, self._database) if one.name not in seen]
            for namespace in new:
                if turn:
                    self._note(namespace, "was made while the others were read, and is in the backup")
                seen.add(namespace.name)
                yield from self._collection(namespace, None)
            if not new:
                break
        after = write_detection.state(self._client, self._database)
        self.consistent = before is not None and before == after

    def _collection(self, namespace: Namespace, session: ClientSession | None) -> Iterator[Piece]:
        counted = self._counting(namespace)
        yield layout.metadata_path(self._database, namespace.name), layout.metadata(namespace)
        if namespace.stored:
            path = layout.data_path(self._database, namespace)
            yield path, b""
            for batch in self._batches(namespace, session):
                # What takes this piece works on it at the same time, and nobody keeps a second one.
                counting = self._pool.submit(counted.add, batch)
                yield path, batch
                counting.result()
                del batch, counting  # while the next one comes, which may have 16 MB too
        self.prints[namespace.name] = counted.close()

    def _batches(self, namespace: Namespace, session: ClientSession | None) -> Iterator[bytes]:
        try:
            read = batches.read(self._client, self._database, namespace.stored, session)
            with closing(Ahead(read)) as self._ahead:
                yield from self._ahead
        except OperationFailure as error:
            if session is not None and error.code in OLD:
                raise SnapshotLost from None
            if error.code not in GONE or self._there(namespace):
                raise
            self._note(namespace, DROPPED)

    def _there(self, namespace: Namespace) -> bool:
        """Return whether the collection is still the one that it was."""
        listed = source.listed(self._client, self._database, namespace.stored)
        return any(namespace.uuid in ("", bytes(one["info"]["uuid"]).hex()) for one in listed)

    def _accounts(self) -> Iterator[Piece]:
        for kind in layout.ACCOUNTS:
            wanted: dict[str, Any] = {} if kind == "version" else {"db": self._database}
            path = layout.account_path(self._database, kind)
            yield path, b""
            try:
                cursor = self._client["admin"][f"system.{kind}"].find_raw_batches(wanted)
                for batch in cast(Iterator[bytes], cursor):
                    yield path, batch
            except OperationFailure as error:
                if error.code != UNAUTHORIZED:
                    raise
                raise GonogoError(
                    f"the login may not read the users of {self._database} in admin.system.{kind}: give it "
                    "the role backup, or take the backup without users"
                ) from None

    @property
    def _version(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.server.split(".")[:2])

    def _note(self, namespace: Namespace, what: str) -> None:
        self.notes.append(f"{namespace.name} {what}")
