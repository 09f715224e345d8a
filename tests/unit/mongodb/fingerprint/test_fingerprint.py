"""Fingerprints without a server: BSON of every type, options and indexes, entries and their damage."""

from __future__ import annotations

import datetime
import random
from hashlib import sha256
from pathlib import Path
from typing import Any

import bson
import pytest
from bson import Binary, Code, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from hypothesis import given, settings
from hypothesis import strategies as st

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.fingerprint import canonical, elements, fingerprint, ttl
from gonogo.deploy.mongodb.fingerprint.collection_fingerprint import LONG
from gonogo.deploy.mongodb.fingerprint.entries import DIGEST, ENTRIES, Entries, EntriesWriter, unpacked
from gonogo.deploy.mongodb.fingerprint.fingerprint import CollectionFingerprinter, Fingerprint
from gonogo.deploy.mongodb.server.source import Namespace
from tests.unit.tables import every

ID_INDEX = {"v": 2, "key": {"_id": 1}, "name": "_id_"}
PLAIN = Namespace("users", indexes=(ID_INDEX,))
NOW = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
VALUES = [
    *(
        1,
        Int64(1),
        1.5,
        "text",
        b"bytes",
        Binary(b"x", 4),
        ObjectId("65f0c0ffee65f0c0ffee65f0"),
        None,
        True,
        NOW,
        Decimal128("1"),
    ),
    *({"a": [1, {}]}, [1, "x"], MinKey(), MaxKey(), Timestamp(1, 2), Code("f"), Code("g", {"x": 1})),
    *(Regex("a.c", "im"), bson.DBRef("c", 1)),
]


@every("value", VALUES)
def test_an_id_is_found_behind_elements_of_every_type(value: Any) -> None:
    row = bson.encode({"a": value, "_i": 1, "in": {"_id": "not this"}, "_id": "this", "b": value})
    element = elements.identity(b"\0" + row, 1, 1 + len(row))
    assert bson.decode(elements.wrapped(element)) == {"_id": "this"}
    assert elements.identity(bson.encode({"a": value}), 0, len(bson.encode({"a": value}))) == b""


def test_an_id_that_is_shown() -> None:
    def shown(value: Any) -> str:
        row = bson.encode({"_id": value})
        return elements.shown(elements.identity(row, 0, len(row)))

    assert shown(ObjectId("652f1f77bcf86cd799439011")) == '{"$oid": "652f1f77bcf86cd799439011"}'
    assert (shown(7), shown("é"), shown(None)) == ("7", '"é"', "null")
    assert shown("x" * 500) == f'"{"x" * 119}…'
    assert shown(bson.DatetimeMS(1 << 60)).startswith('{"$date"')
    assert elements.shown(b"") == "a document without _id"
    assert elements.shown(b"\x02_id\0broken") == "an _id of 11 bytes"


def test_the_query_for_documents_keeps_the_types_of_their_ids() -> None:
    rows = [bson.encode({"_id": value}) for value in (1, Int64(1), 1.0, "1", None)]
    query = elements.listed([elements.identity(row, 0, len(row)) for row in rows])
    found = bson.decode(query)["_id"]["$in"]
    assert [type(one) for one in found] == [int, Int64, float, str, type(None)]


def tallied(folder: Path, namespace: Namespace, *batches: bytes) -> tuple[Any, list[tuple[bytes, bytes]]]:
    with EntriesWriter(folder) as writer:
        tally = CollectionFingerprinter(namespace, writer)
        for batch in batches:
            tally.add(batch)
        made = tally.close()
        with Entries(writer.folder / made.file) as entries:
            return made, [row for bucket in sorted(entries.sums) for row in entries.bucket(bucket)]


def test_a_document_has_the_same_digest_however_long_it_is(tmp_path: Path) -> None:
    lengths = (1, LONG - 40, LONG, LONG + 1, 10 * LONG)
    rows = {bson.encode({"_id": n})[4:-1]: bson.encode({"_id": n, "x": b"x" * n}) for n in lengths}
    _, entries = tallied(tmp_path, PLAIN, b"".join(rows.values()))
    assert dict(entries) == {key: sha256(row).digest()[:DIGEST] for key, row in rows.items()}


@settings(max_examples=15)
@given(
    rows=st.dictionaries(st.one_of(st.integers(-9, 9), st.text("ab\0", max_size=3)), st.binary(max_size=20)),
    cuts=st.lists(st.integers(1, 4)),
    seed=st.integers(),
)
def test_neither_order_nor_batches_change_a_fingerprint(
    tmp_path_factory: pytest.TempPathFactory, rows: dict[Any, bytes], cuts: list[int], seed: int
) -> None:
    folder = tmp_path_factory.getbasetemp()
    documents = [bson.encode({"_id": key, "x": value}) for key, value in rows.items()]
    whole, entries = tallied(folder, PLAIN, b"".join(documents))
    random.Random(seed).shuffle(documents)
    batches = []
    for cut in cuts:
        batches.append(b"".join(documents[:cut]))
        documents = documents[cut:]
    again, others = tallied(folder, PLAIN, *batches, b"".join(documents))
    assert again == whole and sorted(others) == sorted(entries)
    assert whole.count == len(rows) == len(entries)


def test_a_byte_changes_a_fingerprint(tmp_path: Path) -> None:
    one, _ = tallied(tmp_path, PLAIN, bson.encode({"_id": 1, "x": "a"}))
    other, _ = tallied(tmp_path, PLAIN, bson.encode({"_id": 1, "x": "b"}))
    assert one.digest != other.digest and one.count == other.count


@pytest.mark.parametrize(
    "broken", [b"\0\0\0\0\0", b"\x05\0\0\0", b"\xff\xff\xff\x7f\0", b"\x10\0\0\0\x77a\0\0"]
)
def test_what_is_no_bson(tmp_path: Path, broken: bytes) -> None:
    for namespace in (PLAIN, Namespace("users")):
        with pytest.raises(GonogoError, match=r"users|BSON type"):
            tallied(tmp_path, namespace, broken)


def test_many_documents_are_spooled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gonogo.deploy.mongodb.fingerprint.collection_fingerprint.SPOOL", 10)
    batches = [b"".join(bson.encode({"_id": n}) for n in range(k, k + 7)) for k in range(0, 700, 7)]
    made, rows = tallied(tmp_path, PLAIN, *batches)
    assert made.count == len(rows) == len(set(rows)) == 700


def saved(folder: Path) -> Fingerprint:
    with EntriesWriter(folder) as writer:
        tally = CollectionFingerprinter(PLAIN, writer)
        tally.add(b"".join(bson.encode({"_id": n}) for n in range(100)))
        return fingerprint.save(
            Fingerprint(database="d", taken="t", collections={"c": tally.close()}), writer, folder
        )


def test_it_is_written_for_this_user_alone_and_read_again(tmp_path: Path) -> None:
    made = saved(tmp_path)
    assert {one.name: one.stat().st_mode & 0o777 for one in tmp_path.iterdir()} == {
        "fingerprint.json": 0o600,
        ENTRIES: 0o600,
    }
    assert fingerprint.load(tmp_path) == made
    with unpacked(tmp_path / ENTRIES, made.entries) as folder, Entries(folder / "000001") as entries:
        assert sum(entries.counts.values()) == 100


@pytest.mark.parametrize("place", [0, 8, 40, -30, -1])
def test_entries_that_are_damaged(tmp_path: Path, place: int) -> None:
    made = saved(tmp_path)
    data = bytearray((tmp_path / ENTRIES).read_bytes())
    data[place] ^= 1
    (tmp_path / ENTRIES).write_bytes(data)
    with pytest.raises(GonogoError, match="damaged"), unpacked(tmp_path / ENTRIES, made.entries):
        pass
    file = tmp_path / "000001"
    file.write_bytes(b"gonogo1\n" * 10)
    with pytest.raises(GonogoError, match="damaged"):
        Entries(file)


def test_indexes_that_mean_the_same() -> None:
    one = {"v": 2, "key": {"a": 1, "b": -1}, "name": "x", "unique": True, "sparse": True}
    same = {
        "v": 1,
        "ns": "d.c",
        "sparse": True,
        "unique": True,
        "name": "x",
        "key": {"a": 1.0, "b": Int64(-1)},
    }
    assert canonical.index(one) == canonical.index(same)
    assert canonical.index(one) != canonical.index({**one, "key": {"b": -1, "a": 1}})
    assert canonical.changed_index(canonical.index(one), canonical.index({**one, "unique": False}))
    assert not canonical.changed_index(canonical.index(one), canonical.index({**one, "hidden": True}))
    bare = canonical.index({"key": {"a": 1}, "name": "x"})
    assert not canonical.changed_index(bare, canonical.index({"key": {"a": 1}, "name": "x", "unique": True}))


def test_options_that_mean_the_same() -> None:
    one = {"capped": True, "size": 4096, "collation": {"locale": "de", "strength": 2}}
    other = {"collation": {"strength": 2, "locale": "de"}, "size": 4096.0, "capped": True}
    assert canonical.options(one) == canonical.options(other)
    # In a pipeline, the order within an option means something.
    assert canonical.options({"pipeline": [{"$sort": {"a": 1, "b": 1}}]}) != canonical.options(
        {"pipeline": [{"$sort": {"b": 1, "a": 1}}]}
    )


@every(
    "was, now, changed",
    [
        ({}, {"validator": {"a": 1}}, []),
        ({"capped": True, "size": 10}, {}, ["capped", "size"]),
        ({"capped": True, "size": 10}, {"capped": True, "size": 20}, []),
        ({"capped": True, "size": 10, "max": 5}, {"capped": True, "size": 10}, []),
        ({"capped": True, "size": 20}, {"capped": True, "size": 10}, ["size"]),
        ({"capped": True, "size": 20}, {"capped": True, "size": 20, "max": 3}, ["max"]),
        ({"collation": {"locale": "de"}}, {"collation": {"locale": "fr"}}, ["collation"]),
        (
            {"timeseries": {"timeField": "t", "granularity": "seconds"}},
            {"timeseries": {"timeField": "t", "granularity": "hours"}},
            [],
        ),
        ({"timeseries": {"timeField": "t"}}, {"timeseries": {"timeField": "u"}}, ["timeseries"]),
    ],
)
def test_options_that_decide_what_a_collection_is(
    was: dict[str, Any], now: dict[str, Any], changed: list[str]
) -> None:
    assert canonical.changed_options(canonical.options(was), canonical.options(now)) == changed


def test_when_a_document_is_due() -> None:
    index = {"key": {"a.b": 1}, "name": "ttl", "expireAfterSeconds": 60}
    life = ttl.of(Namespace("c", indexes=(ID_INDEX, index)))
    assert life is not None and ttl.of(PLAIN) is None
    at = int(NOW.timestamp() * 1000)
    early = NOW - datetime.timedelta(hours=1)
    for value, due in [
        *((NOW, at + 60_000), ([NOW, early], at - 3_540_000), ("x", ttl.NEVER), (None, ttl.NEVER)),
        (bson.DatetimeMS((1 << 63) - 1), ttl.NEVER),
    ]:
        assert life.of(bson.encode({"a": [{"b": value}]}))[0] == due
    clustered = ttl.of(Namespace("c", options={"clusteredIndex": {}, "expireAfterSeconds": 1}))
    assert clustered is not None and clustered.of(bson.encode({"_id": NOW}))[0] == at + 1000
    broken = {**index, "expireAfterSeconds": float("nan")}
    assert ttl.of(Namespace("c", indexes=(broken,))) is None


def test_how_many_measurements_a_bucket_holds() -> None:
    series = {"timeseries": {"timeField": "at"}, "expireAfterSeconds": 10}
    life = ttl.of(Namespace("c", "timeseries", series))
    assert life is not None
    control = {"version": 1, "max": {"at": NOW}}
    plain = {"control": control, "data": {"at": {"0": NOW, "1": NOW}}}
    assert life.of(bson.encode(plain)) == (int(NOW.timestamp() * 1000) + 10_000, 2)
    packed = {"control": {**control, "version": 2, "count": 7}, "data": {"at": b"packed"}}
    assert life.of(bson.encode(packed))[1] == 7
