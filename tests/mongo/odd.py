"""Databases that tools trip over: odd names and ids, nothing in them, too much of anything."""

from __future__ import annotations

import datetime
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bson import Binary, Code, Decimal128, Int64, MaxKey, MinKey, ObjectId, Timestamp
from pymongo import MongoClient

Client = MongoClient[dict[str, Any]]

NOW = datetime.datetime(2026, 1, 2, 3, 4, 5)
IDS = [
    *(1, 2.5, Int64(3), "text", "", b"bytes", Binary(b"uuid of 16 bytes", 4), ObjectId(), None, True, NOW),
    *(Decimal128("1.5"), {"a": 1, "b": [1, {"c": None}]}, {}, MinKey(), MaxKey(), Timestamp(1, 2)),
    *(Code("f()"), Code("g()", {"x": 1}), float("nan"), float("inf"), "x" * 5000),
]
"""An id of every type."""

DATABASE = "-shop'%é;x&(`!#~+,=@^{}[]"
COLLECTIONS = (
    "-rf",
    "with space",
    "users.of.2024",
    "é☃𝒳",
    "quo\"te's",
    "per%cent/sl\\ash",
    "tab\tand\nline",
    "a*?<>|:&;(x)",
    "__proto__",
    "system.js",
    "n" * 200,
)
"""Names that a server takes: none with a $, and none such as `a..b` and `a.`, which drivers refuse."""
MANY, LARGE, MILLION, EMPTY, MISSING = "many", "large", "million", "empty", "missing"
COLLECTION_COUNT = 1000
LARGEST = 16 * 1024 * 1024
"""Bytes that a document may have."""


def fill(client: Client) -> None:
    """Make every one of them; most of the time is for 1,000 collections."""
    for name in COLLECTIONS:
        client[DATABASE][name].insert_one({"_id": name, "a.b": {"$x": 1, "": 2}, "é": [name]})
    client[DATABASE][COLLECTIONS[2]].create_index([("é", -1)], name="of é, \"'$")
    client[EMPTY].create_collection("nothing")
    client[LARGE]["big"].insert_one({"_id": 1, "x": b"x" * (LARGEST - 32)})
    _million(client)
    with ThreadPoolExecutor(4) as pool:
        rows = pool.map(lambda n: client[MANY][f"c{n:04}"].insert_one({"_id": n}), range(COLLECTION_COUNT))
        assert len(list(rows)) == COLLECTION_COUNT


def _million(client: Client) -> None:
    """Let the server make a million documents out of one: to send them would take five times as long."""
    client[MILLION]["seed"].insert_one({})
    client[MILLION]["seed"].aggregate(
        [
            {"$project": {"i": {"$range": [0, 1000]}}},
            {"$unwind": "$i"},
            {"$project": {"i": 1, "j": {"$range": [0, 1000]}}},
            {"$unwind": "$j"},
            {"$project": {"_id": {"$add": [{"$multiply": ["$i", 1000]}, "$j"]}, "n": "$j"}},
            {"$out": "small"},
        ]
    )
    client[MILLION]["seed"].drop()
