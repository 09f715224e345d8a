"""Partial filters of indexes, as MongoDB's manual describes them."""

from __future__ import annotations

import datetime
from typing import Any

import bson
import pytest
from bson import Decimal128, Int64, ObjectId
from bson.codec_options import CodecOptions, DatetimeConversion

from gonogo.deploy.mongodb.fingerprint.partial_filter import matches

TIMES: CodecOptions[dict[str, Any]] = CodecOptions(datetime_conversion=DatetimeConversion.DATETIME_MS)
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
DOCUMENT = {
    "_id": ObjectId(),
    "n": 5,
    "long": Int64(7),
    "price": Decimal128("2.50"),
    "done": True,
    "gone": None,
    "at": NOW,
    "name": "ada",
    "of": {"tags": ["a", "b"], "n": [1, 9]},
}


@pytest.mark.parametrize(
    "expression",
    [
        {},
        {"done": True},
        {"n": 5.0, "name": "ada"},
        {"missing": None},
        {"gone": None},
        {"gone": {"$exists": True}},
        {"missing": {"$exists": False}},
        {"n": {"$gt": 4, "$lte": 5}},
        {"price": {"$gte": 2.5}},
        {"at": {"$lt": NOW + datetime.timedelta(seconds=1)}},
        {"of.tags": "b"},
        {"of.n": {"$gt": 8}},
        {"n": {"$in": [1, 5]}},
        {"n": {"$type": "number"}, "long": {"$type": ["long", "string"]}, "name": {"$type": 2}},
        {"$and": [{"n": 5}, {"done": {"$eq": True}}]},
        {"$or": [{"n": 6}, {"name": "ada"}]},
    ],
)
def test_it_is_in_the_index(expression: dict[str, Any]) -> None:
    assert matches(bson.decode(bson.encode(DOCUMENT), TIMES), expression)


@pytest.mark.parametrize(
    "expression",
    [
        {"done": False},
        {"done": 1},
        {"n": "5"},
        {"n": None},
        {"missing": 1},
        {"n": {"$exists": False}},
        {"missing": {"$exists": True}},
        {"name": {"$gt": 4}},
        {"n": {"$gt": 5}},
        {"at": {"$lt": NOW}},
        {"of.tags": "c"},
        {"n": {"$type": "string"}},
        {"done": {"$type": "int"}},
        {"$and": [{"n": 5}, {"done": False}]},
        {"$or": [{"n": 6}, {"name": "bob"}]},
        {"n": {"$geoWithin": {}}},
        {"$text": {}},
        {"gone": {"$gt": None}},
        {"of": {"$lt": {}}},
    ],
)
def test_it_is_not(expression: dict[str, Any]) -> None:
    assert not matches(bson.decode(bson.encode(DOCUMENT), TIMES), expression)
