"""The documents of a collection as they lie on the server: BSON, one after another, in batches."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from itertools import islice
from typing import Any, cast

from pymongo import CursorType, MongoClient
from pymongo.client_session import ClientSession
from pymongo.cursor import RawBatchCursor
from pymongo.errors import InvalidOperation, PyMongoError

from gonogo.deploy.mongodb.fingerprint.elements import documents

try:
    from bson import _array_of_documents_to_buffer as _joined
    from bson.raw_bson import _RAW_ARRAY_BSON_OPTIONS, _RawArrayBSONDocument
except ImportError:  # another pymongo's names: its own way is the slow one, and right
    _joined = None  # type: ignore[assignment]

Client = MongoClient[dict[str, Any]]

BYTES = 4 << 20
"""About how long a batch is. MongoDB ends one at 16 MB, for which whoever works on another waits too long."""
LEAST_BYTES = 1 << 20
"""Shorter ones are joined: each costs whoever receives a backup a process."""
FIRST = 101
"""Documents of the first batch, as MongoDB has it: most collections are not asked for a second one."""
LEAST = 16
"""Documents of each other batch at least: those of the first may be longer than all that follow."""
DOCUMENTS = 5000
"""Documents of a batch where that cannot be told."""
ARRAYS = ("firstBatch", "nextBatch")
"""In which field of ``cursor`` an answer to ``find`` or ``getMore`` has its documents."""


class Batches(RawBatchCursor[dict[str, Any]]):
    """A cursor of pymongo whose batches are taken as they are.

    pymongo's own makes an object of each document first and throws it away, which takes more time than all
    the rest of reading small ones.
    """

    def __init__(self, things: Any, *, stream: bool, **given: Any) -> None:
        """Prepare; ``stream``: the server is to send one batch after another without being asked for each."""
        if stream:
            given |= {"cursor_type": CursorType.EXHAUST, "batch_size": DOCUMENTS}
        super().__init__(things, {}, **given)
        # pymongo's own way does not tell how long a batch is.
        self._sized = not stream or _joined is None
        if not self._sized:
            self._batch_size = FIRST

    def _unpack_response(self, response: Any, *args: Any, **kwargs: Any) -> Any:
        payload = getattr(response, "payload_document", None)
        if payload is None or _joined is None:
            return super()._unpack_response(response, *args, **kwargs)
        options: Any = _RAW_ARRAY_BSON_OPTIONS
        answer = dict(_RawArrayBSONDocument(payload, options))
        if "cursor" in answer:
            cursor = answer["cursor"] = dict(answer["cursor"])
            for name in ARRAYS:
                if name in cursor:
                    found = _joined(cursor[name])
                    cursor[name] = [found] if found else []
                    self._size(found)
        return [answer]

    def _size(self, batch: bytes) -> None:
        if batch and not self._sized:
            sizes = sorted(after - at for at, after in documents(batch))
            self._batch_size = max(LEAST, BYTES // sizes[len(sizes) // 2])
            self._sized = True


def read(
    client: Client, database: str, collection: str, session: ClientSession | None = None
) -> Iterator[bytes]:
    """Give the documents of a collection in batches; raises pymongo's errors.

    The server sends one after another without being asked for each (``exhaustAllowed`` in
    https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/), which older mongos cannot.
    """
    things = client[database][collection]
    try:
        cursor, waiting = _begun(things, session, stream=True)
    except InvalidOperation:
        # pymongo knows of those, and says so when the cursor is made or first asked, by its version.
        cursor, waiting = _begun(things, session, stream=False)
    with contextlib.closing(cursor):
        yield from _collected(waiting, cast(Iterator[bytes], cursor))


def _begun(things: Any, session: ClientSession | None, *, stream: bool) -> tuple[Batches, list[bytes]]:
    """Return a cursor, and its first batch if there is one."""
    cursor = Batches(things, stream=stream, session=session)
    try:
        return cursor, list(islice(cast(Iterator[bytes], cursor), 1))
    except BaseException:
        cursor.close()
        raise


def _collected(waiting: list[bytes], others: Iterator[bytes]) -> Iterator[bytes]:
    """Give what waits and the others as batches of LEAST_BYTES at least, but for the last.

    What came before an error is given before it is raised. Of what was given nothing is kept: it may have
    16 MB, as the next one.
    """
    more = True
    try:
        while more:
            if sum(map(len, waiting)) >= LEAST_BYTES:
                yield _emptied(waiting)
            before = len(waiting)
            waiting.extend(islice(others, 1))
            more = len(waiting) > before
    except PyMongoError:
        if waiting:
            yield _emptied(waiting)
        raise
    if waiting:
        yield _emptied(waiting)


def _emptied(waiting: list[bytes]) -> bytes:
    found = b"".join(waiting) if len(waiting) > 1 else waiting[0]
    waiting.clear()
    return found
