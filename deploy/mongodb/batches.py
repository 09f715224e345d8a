"""The documents of a collection as they lie on the server: BSON, one after another, in batches."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, cast

from pymongo import CursorType, MongoClient
from pymongo.client_session import ClientSession
from pymongo.cursor import RawBatchCursor
from pymongo.errors import InvalidOperation

try:
    from bson import _array_of_documents_to_buffer as _joined
    from bson.raw_bson import _RAW_ARRAY_BSON_OPTIONS, _RawArrayBSONDocument
except ImportError:  # another pymongo's names: its own way is the slow one, and right
    _joined = None  # type: ignore[assignment]

Client = MongoClient[dict[str, Any]]

DOCUMENTS = 5000
"""Documents of one batch at most. MongoDB ends one at 16 MB too, for which whoever works on another waits."""
ARRAYS = ("firstBatch", "nextBatch")
"""In which field of ``cursor`` an answer to ``find`` or ``getMore`` has its documents."""


class Batches(RawBatchCursor[dict[str, Any]]):
    """A cursor of pymongo whose batches are taken as they are.

    pymongo's own makes an object of each document first and throws it away, which takes more time than all
    the rest of reading small ones.
    """

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
        return [answer]


def read(
    client: Client, database: str, collection: str, session: ClientSession | None = None
) -> Iterator[bytes]:
    """Give the documents of a collection in batches; raises pymongo's errors.

    The server sends one after another without being asked for each (``exhaustAllowed`` in
    https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/), which a mongos cannot.
    """
    things = client[database][collection]
    for way in (CursorType.EXHAUST, CursorType.NON_TAILABLE):
        given: dict[str, Any] = {"session": session, "batch_size": DOCUMENTS, "cursor_type": way}
        with contextlib.closing(Batches(things, {}, **given)) as made:
            cursor = cast(Iterator[bytes], made)
            try:
                first = next(cursor, b"")
            except InvalidOperation:
                if way == CursorType.EXHAUST:
                    continue
                raise
            if first:
                yield first
            del first  # while the next one comes, which may have 16 MB too
            yield from cursor
            return
