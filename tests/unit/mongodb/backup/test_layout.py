"""The layout of a dump: file names and metadata as mongodump writes them."""

from __future__ import annotations

import datetime
import json

import pytest
from bson import Decimal128, Int64, MaxKey, ObjectId, Regex
from hypothesis import given, settings
from hypothesis import strategies as st

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup import layout
from gonogo.deploy.mongodb.server.source import Namespace
from tests.unit.tables import every

LONG = "ü" * 100
HASH = "%24"


@every(
    "name, file",
    [
        ("sessions", "sessions"),
        ("fs.chunks", "fs.chunks"),
        ("a b", "a+b"),
        ("a+b", "a%2Bb"),
        ("a~b-c_d.e", "a~b-c_d.e"),
        ("a/b?c;d,e", "a%2Fb%3Fc%3Bd%2Ce"),
        ("$&+:=@", "%24%26%2B%3A%3D%40"),
        ("50%", "50%25"),
        ("it's (a) *test*!", "it%27s+%28a%29+%2Atest%2A%21"),
        ("Größe", "Gr%C3%B6%C3%9Fe"),
        ("..", ".."),
    ],
)
def test_names_are_escaped_as_mongo_tools_does(name: str, file: str) -> None:
    assert layout.escaped(name) == file
    assert layout.unescaped(file) == name


def test_a_long_name_is_cut_and_told_apart_by_its_hash() -> None:
    first, second = layout.escaped(LONG + "a"), layout.escaped(LONG + "b")
    assert len(first) == len(second) == 238
    assert first != second
    assert first[:208] == second[:208] == "%C3%BC" * 34 + "%C3%"[:4]
    assert first[208:211] == HASH
    assert layout.unescaped(first) is None


@settings(max_examples=40)
@given(st.text(alphabet=st.characters(exclude_characters="\0$", codec="utf-8"), min_size=1, max_size=300))
def test_every_name_is_a_file_and_comes_back(name: str) -> None:
    file = layout.escaped(name)
    assert len(file) <= 238
    assert "/" not in file
    assert layout.unescaped(file) in (name, None)


SERIES = Namespace(
    "heat",
    "timeseries",
    {"timeseries": {"timeField": "at", "granularity": "seconds", "bucketMaxSpanSeconds": 3600}},
    ({"v": 2, "key": {"meta.device": 1}, "name": "meta.device_1"},),
)


def test_metadata_is_what_mongodump_writes() -> None:
    """The expected text is mongodump's own test data for a time series, with its names."""
    assert layout.metadata(SERIES).decode() == (
        '{"options":{"timeseries":{"timeField":"at","granularity":"seconds",'
        '"bucketMaxSpanSeconds":{"$numberInt":"3600"}}},"indexes":[{"v":{"$numberInt":"2"},'
        '"key":{"meta.device":{"$numberInt":"1"}},"name":"meta.device_1"}],'
        '"collectionName":"heat","type":"timeseries"}'
    )
    plain = Namespace("one", indexes=({"v": 2, "key": {"_id": 1}, "name": "_id_"},), uuid="ab" * 16)
    assert list(json.loads(layout.metadata(plain))) == ["indexes", "uuid", "collectionName", "type"]
    assert json.loads(layout.metadata(Namespace("seen", "view", {"viewOn": "one", "pipeline": []}))) == {
        "options": {"viewOn": "one", "pipeline": []},
        "indexes": [],
        "collectionName": "seen",
        "type": "view",
    }


def test_metadata_keeps_every_type_and_the_order_of_keys() -> None:
    options = {
        "validator": {
            "name": {"$regex": "^a", "$options": "i"},
            "city": Regex("^b", "i"),
            "at": {"$gte": datetime.datetime(2020, 1, 2, 3, 4, 5, 6000)},
            "n": {"$lt": Int64(5), "$gt": 5, "$ne": 5.0, "$in": [Decimal128("5.50"), MaxKey(), None, True]},
            "_id": {"$ne": ObjectId(b"123456789012")},
            "to": {"$ref": "x", "$id": 1},
        }
    }
    index = {"v": 2, "key": {"z": 1, "a": -1, "t": "text", "p": "2dsphere"}, "name": "n", "unique": True}
    given = Namespace("all", "collection", options, (index,), "0" * 32)
    found = layout.read_metadata(layout.metadata(given), "all.metadata.json")
    assert found == given
    assert list(found.indexes[0]["key"]) == ["z", "a", "t", "p"]
    assert isinstance(found.options["validator"]["n"]["$lt"], Int64)
    assert not isinstance(found.options["validator"]["n"]["$gt"], Int64)


def test_metadata_of_older_tools_has_no_name_and_no_type() -> None:
    found = layout.read_metadata(b'{"indexes":[{"v":1,"key":{"_id":1}}]}', "dump/d/a+b.metadata.json")
    assert (found.name, found.form) == ("a b", "collection")
    view = b'{"options":{"viewOn":"a","pipeline":[]},"indexes":[]}'
    assert layout.read_metadata(view, "v.metadata.json").form == "view"


@every("data", [b"", b"{", b"[]", b"null", b'{"indexes":[1]}', b"{}", b'{"indexes":[],"type":"x"}', b"\xff"])
def test_damaged_metadata_is_one_sentence(data: bytes) -> None:
    with pytest.raises(GonogoError, match=r"a\.metadata\.json is damaged"):
        layout.read_metadata(data, "a.metadata.json")


OLDER = {"a b": "a%20b", "a+b": "a+b", "$&+:=@": "$&+:=@"}
"""The files of names that backups had which gonogo made before."""


@every("name", ["a b", "a+b", "$&+:=@", "plain", LONG])
def test_documents_are_found_by_their_metadata(name: str) -> None:
    plain, series, view = (Namespace(name, form) for form in ("collection", "timeseries", "view"))
    files = [layout.data_path("d", one) for one in (plain, series)]
    for one in (plain, series):
        path = layout.metadata_path("d", one.name)
        assert layout.documents_path(path, one, files) == layout.data_path("d", one)
        assert layout.documents_path(path, one, []) == layout.data_path("d", one)
    assert not layout.documents_path(layout.metadata_path("d", name), view, files)


@every("name", OLDER)
def test_documents_of_older_backups_are_found(name: str) -> None:
    files = [f"dump/d/{kind}{stem}.bson" for stem in OLDER.values() for kind in ("", "system.buckets.")]
    metadata = f"dump/d/{OLDER[name]}.metadata.json"
    assert layout.documents_path(metadata, Namespace(name), files) == f"dump/d/{OLDER[name]}.bson"
    series = Namespace(name, "timeseries")
    assert layout.documents_path(metadata, series, files) == f"dump/d/system.buckets.{OLDER[name]}.bson"


def test_users_are_no_data_of_collections() -> None:
    files = ["dump/d/a.bson", "dump/d/%24admin.system.users.bson", "dump/d/$admin.system.roles.bson"]
    assert layout.account_path("d", "users") == files[1]
    assert layout.collections_data([*files, "dump/d/a.metadata.json"], "d") == {"dump/d/a.bson"}
