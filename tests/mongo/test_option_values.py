"""Validators and partial indexes with values of each type that pymongo writes come back byte for byte."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import bson
import pytest
from bson import (
    Binary,
    Code,
    DatetimeMS,
    DBRef,
    Decimal128,
    Int64,
    MaxKey,
    MinKey,
    ObjectId,
    Regex,
    Timestamp,
)
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup import backup, backup_store
from gonogo.deploy.mongodb.restore import restore
from gonogo.deploy.mongodb.server import login
from tests.mongo.ground import started
from tests.mongo.whole import whole

YEAR_33658, BEFORE_CHRIST = DatetimeMS(10**15), DatetimeMS(-(10**15))
"""Dates that MongoDB stores and Python has none for."""
VALUES = [
    *(YEAR_33658, BEFORE_CHRIST, datetime.datetime(1, 1, 1), DatetimeMS(123), Timestamp(1, 2), ObjectId()),
    *(Binary(b"u" * 16, 3), Binary(b"u" * 16, 4), Binary(b"x", 5), Binary(b"abc", 128), b"bytes"),
    *(Regex("^a/b", "imsx"), Code("f()"), Code("g()", {"x": Int64(1)}), DBRef("a", ObjectId(), "db")),
    *(
        DBRef("a", 1, None, extra=1),
        Decimal128("1.50"),
        MinKey(),
        MaxKey(),
        Int64(5),
        Int64(2**62),
        1.0,
        -0.0,
    ),
    *(float("nan"), float("-inf"), [1, [2, {"a": None}]], "é☃\0x", {}, True, None),
]
RAW: CodecOptions[Any] = CodecOptions(RawBSONDocument)


def test_values_of_each_type(tmp_path: Path) -> None:
    with started(tmp_path) as ground, ground.release() as release, login.opened(release) as client:
        for number, value in enumerate(VALUES):
            name = f"c{number:02}"
            client.shop.create_collection(name, validator={"f": {"$in": [value, "other"]}})
            client.shop[name].insert_one({"_id": 1, "f": value})
            if not isinstance(value, Regex):  # MongoDB takes none there
                client.shop[name].create_index(
                    "f", name="some", partialFilterExpression={"f": {"$gte": value}}
                )
        client.shop.command({"create": "old", "autoIndexId": True})
        whole(release, tmp_path)
        (made,) = backup_store.listed(release.connection, release.target)
        assert made.manifest.consistent and made.manifest.documents == len(VALUES)
        restored = restore.restore(release, made)
        live, back = options(client, "shop"), options(client, restored.database)
        assert bson.decode(live.pop(("old", ""))) and not bson.decode(back.pop(("old", "")))
        assert len(live) == 2 * len(VALUES) - 1 and back == live


def options(client: MongoClient[dict[str, Any]], database: str) -> dict[tuple[str, str], bytes]:
    """Return the options of all collections and what their partial indexes hold, as the server sends them."""
    db = client.get_database(database, codec_options=RAW)
    rows = list(db.cursor_command({"listCollections": 1, "cursor": {}}, codec_options=RAW))
    found = {(row["name"], ""): bytes(row["options"].raw) for row in rows}
    for name, _ in list(found):
        for row in db.cursor_command({"listIndexes": name, "cursor": {}}, codec_options=RAW):
            if "partialFilterExpression" in row:
                found[name, row["name"]] = bytes(row["partialFilterExpression"].raw)
    return found


def test_text_that_no_driver_reads(tmp_path: Path) -> None:
    with started(tmp_path) as ground, ground.release() as release:
        with login.opened(release) as client:
            text = bson.encode({"f": "s3cret!"}).replace(b"!", b"\xff")
            client.shop.command({"create": "users", "validator": RawBSONDocument(text)})
        with pytest.raises(GonogoError) as raised:
            backup.make(release)
        said = str(raised.value)
        assert said.startswith(
            f"the MongoDB in {ground.container} sent what drivers cannot read (InvalidBSON)"
        )
        assert "s3cret" not in said and backup_store.listed(release.connection, release.target) == []
