"""The ``_id`` of a document, found in its raw BSON: a document is never decoded to be compared."""

from __future__ import annotations

from collections.abc import Iterator

from bson import CodecOptions, json_util
from bson import decode as decoded
from bson.binary import UuidRepresentation
from bson.codec_options import DatetimeConversion
from bson.errors import BSONError

from gonogo.deploy.errors import GonogoError

SMALLEST = 5
"""Bytes of an empty document: its length and the zero at its end."""
NAME = b"_id"
LONGEST = 120
"""Characters of an ``_id`` that are shown."""

# https://bsonspec.org/spec.html: the bytes of a value by its type.
_FIXED = {0x01: 8, 0x06: 0, 0x07: 12, 0x08: 1, 0x09: 8, 0x0A: 0, 0x10: 4, 0x11: 8, 0x12: 8, 0x13: 16}
_FIXED |= {0x7F: 0, 0xFF: 0}
_BEYOND_LENGTH = {0x02: 4, 0x0D: 4, 0x0E: 4, 0x05: 5, 0x03: 0, 0x04: 0, 0x0F: 0, 0x0C: 16}
"""What a value that begins with a length has beyond so many bytes."""
_REGEX = 0x0B
_OPTIONS: CodecOptions[dict[str, object]] = CodecOptions(
    tz_aware=True,
    uuid_representation=UuidRepresentation.UNSPECIFIED,
    datetime_conversion=DatetimeConversion.DATETIME_AUTO,
)


def identity(batch: bytes, at: int, end: int) -> bytes:
    """Return the whole ``_id`` element of the document in ``batch[at:end]``; empty where it has none."""
    here, last = at + 4, end - 1
    while here < last:
        name = batch.index(0, here + 1)
        after = name + 1 + _width(batch, batch[here], name + 1)
        if batch[here + 1 : name] == NAME:
            return batch[here:after]
        here = after
    return b""


def _width(batch: bytes, kind: int, at: int) -> int:
    if kind in _FIXED:
        return _FIXED[kind]
    if kind in _BEYOND_LENGTH:
        return int.from_bytes(batch[at : at + 4], "little") + _BEYOND_LENGTH[kind]
    if kind == _REGEX:
        return batch.index(0, batch.index(0, at) + 1) + 1 - at
    raise GonogoError(f"the MongoDB sent an element of the unknown BSON type {kind}")


def documents(batch: bytes) -> Iterator[tuple[int, int]]:
    """Give where each document of a batch begins and ends; raises ValueError for what are none."""
    at = 0
    while at < len(batch):
        after = at + int.from_bytes(batch[at : at + 4], "little")
        if after - at < SMALLEST or after > len(batch):
            raise ValueError
        yield at, after
        at = after


def wrapped(elements: bytes) -> bytes:
    """Return the document that consists of these elements."""
    return (len(elements) + SMALLEST).to_bytes(4, "little") + elements + b"\0"


def listed(identities: list[bytes]) -> bytes:
    """Return the query for the documents with these ``_id`` elements, byte for byte of their types."""
    array = b"".join(
        one[:1] + str(number).encode() + one[1 + len(NAME) :] for number, one in enumerate(identities)
    )
    return wrapped(b"\x03_id\0" + wrapped(b"\x04$in\0" + wrapped(array)))


def shown(element: bytes) -> str:
    """Return an ``_id`` as extended JSON, cut to LONGEST characters; in words where there is none."""
    if not element:
        return "a document without _id"
    try:
        value = decoded(wrapped(element), _OPTIONS)["_id"]
        text = json_util.dumps(value, json_options=json_util.RELAXED_JSON_OPTIONS, ensure_ascii=False)
    except (BSONError, ValueError, TypeError):
        return f"an _id of {len(element)} bytes"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
