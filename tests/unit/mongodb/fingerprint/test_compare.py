"""Comparisons without a server: two states of documents, by kind; and what a second look takes back."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bson
import pytest

from gonogo.deploy.mongodb.fingerprint import compare, documents, fingerprint
from gonogo.deploy.mongodb.fingerprint.documents import Event
from gonogo.deploy.mongodb.fingerprint.elements import wrapped
from gonogo.deploy.mongodb.fingerprint.entries import EntriesWriter
from gonogo.deploy.mongodb.fingerprint.fingerprint import CollectionFingerprinter, Fingerprint
from gonogo.deploy.mongodb.fingerprint.recheck import Recheck
from gonogo.deploy.mongodb.server.source import Namespace
from gonogo.deploy.target.sections.data import Mongodb

Row = dict[str, Any]
ID_INDEX = {"key": {"_id": 1}, "name": "_id_"}
PLAIN = Namespace("c", indexes=(ID_INDEX,))
CAPPED = Namespace("c", options={"capped": True, "size": 200}, indexes=(ID_INDEX,))


def state(folder: Path, name: str, rows: Iterable[Row], namespace: Namespace = PLAIN) -> Path:
    """Write a fingerprint of these documents and return its folder."""
    place = folder / name
    place.mkdir()
    with EntriesWriter(place) as writer:
        fingerprinter = CollectionFingerprinter(namespace, writer)
        fingerprinter.add(b"".join(bson.encode(row) for row in rows))
        found = Fingerprint(
            database="d", taken="2026-01-02T00:00:00+00:00", collections={"c": fingerprinter.close()}
        )
        fingerprint.save(found, writer, place)
    return place


def between(
    folder: Path, was: Iterable[Row], now: Iterable[Row], kind: str = "", namespace: Namespace = PLAIN
) -> dict[str, tuple[int, tuple[str, ...]]]:
    before, after = state(folder, "was", was, namespace), state(folder, "now", now, namespace)
    kinds = Mongodb(service="m", database="d", collections={"c": kind}) if kind else None
    found = compare.between(before, after, exact=not kind, kinds=kinds)
    return {one.what: (one.count, one.ids) for one in found}


WAS = [{"_id": n, "x": n} for n in range(100)]
NOW = [*WAS[:7], *WAS[8:50], {"_id": 50, "x": "other"}, *WAS[51:], {"_id": "new"}]


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("", {"vanished": (1, ("7",)), "changed": (1, ("50",)), "new": (1, ('"new"',))}),
        ("append-only", {"vanished": (1, ("7",)), "changed": (1, ("50",))}),
        ("mutable", {"vanished": (1, ("7",))}),
        ("volatile", {}),
    ],
)
@pytest.mark.parametrize("together", [50_000, 3])
def test_what_a_kind_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, found: dict[str, Any], together: int
) -> None:
    monkeypatch.setattr(documents, "TOGETHER", together)
    monkeypatch.setattr("gonogo.deploy.mongodb.fingerprint.collection_fingerprint.BUCKETS", 2)
    monkeypatch.setattr("gonogo.deploy.mongodb.fingerprint.collection_fingerprint._MASK", 1)
    assert between(tmp_path, WAS, NOW, kind) == found


def test_documents_are_named_up_to_a_number(tmp_path: Path) -> None:
    ((count, ids),) = between(tmp_path, WAS, [], "mutable").values()
    assert count == 100 and len(ids) == 5


def test_one_that_was_read_twice_counts_as_it_was_last(tmp_path: Path) -> None:
    moved = [{"_id": 1, "x": "before"}, {"_id": 2}, {"_id": 1, "x": "after"}]
    assert between(tmp_path, moved, [{"_id": 1, "x": "after"}, {"_id": 2}], "append-only") == {}


def test_documents_that_no_id_tells_apart(tmp_path: Path) -> None:
    loose = Namespace("c")
    was = [{"x": 1}, {"x": 1}, {"x": 2}, {"_id": 1, "x": 3}, {"_id": 1, "x": 4}]
    found = between(tmp_path, was, [{"x": 1}, {"x": 2}, {"_id": 1, "x": 4}], "append-only", loose)
    assert found["vanished"][0] == 2 and set(found["vanished"][1]) == {"a document without _id", "1"}


def numbered(*numbers: int) -> list[Row]:
    return [{"_id": n, "x": "y" * 20} for n in numbers]


@pytest.mark.parametrize(
    ("now", "vanished"),
    [
        (numbered(1, 2, 3), 0),
        (numbered(2, 3, 4, 5), 0),
        (numbered(7, 8, 9, 10), 0),
        (numbered(1, 3, 4, 5), 1),
        (numbered(3, 4, 5, 1), 0),
        (numbered(2, 3), 1),
        (numbered(9), 3),
        ([], 3),
    ],
)
def test_a_capped_collection_that_is_full_loses_its_oldest(
    tmp_path: Path, now: list[Row], vanished: int
) -> None:
    found = between(tmp_path, numbered(1, 2, 3), now, "append-only", CAPPED)
    assert found.get("vanished", (0, ()))[0] == vanished


def test_a_capped_collection_that_was_changed(tmp_path: Path) -> None:
    now = [{"_id": 1, "x": "z" * 20}, *numbered(2, 3)]
    assert between(tmp_path, numbered(1, 2, 3), now, "append-only", CAPPED)["changed"] == (1, ("1",))
    (tmp_path / "loose").mkdir()
    assert between(tmp_path / "loose", numbered(1, 2, 3), now, "mutable", CAPPED) == {}


def test_one_that_is_capped_no_more(tmp_path: Path) -> None:
    before = state(tmp_path, "was", numbered(*range(50)), CAPPED)
    after = state(tmp_path, "now", numbered(*range(49)))
    kinds = Mongodb(service="m", database="d")
    found = compare.between(before, after, exact=False, kinds=kinds)
    assert [(one.what, one.count) for one in found] == [("options changed", 0), ("vanished", 1)]


def test_whole_collections_and_indexes(tmp_path: Path) -> None:
    before, after = tmp_path / "was", tmp_path / "now"
    for place, names, indexes in ((before, "abv", ("x", "y")), (after, "ac", ("y", "z"))):
        place.mkdir()
        keys = ({"key": {name: 1}, "name": name} for name in indexes)
        with EntriesWriter(place) as writer:
            made = {
                n: CollectionFingerprinter(Namespace(n, indexes=(ID_INDEX, *keys)), writer).close()
                for n in names[:1]
            }
            made |= {n: CollectionFingerprinter(PLAIN, writer).close() for n in names[1:2]}
            made |= {n: CollectionFingerprinter(Namespace(n, "view"), writer).close() for n in names[2:]}
            fingerprint.save(Fingerprint(database="d", taken="", collections=made), writer, place)
    assert {(one.collection, one.what, one.told) for one in compare.between(before, after)} == {
        ("a", "index dropped", "a: the index x is missing"),
        ("a", "index added", "a: the index z was not there before"),
        ("b", "collection dropped", "b: the collection is gone"),
        ("v", "view dropped", "v: the view is gone"),
        ("c", "new", "c: the collection was not there before"),
    }


class Server:
    """Answers what is asked by ``_id`` from these documents, and counts how often it is asked."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = {bson.encode({"_id": row["_id"]}): bson.encode(row) for row in rows}
        self.asked = 0

    def __getitem__(self, _: str) -> Any:
        return self if _ != "c" else SimpleNamespace(find_raw_batches=self.find)

    def find(self, query: Any) -> list[bytes]:
        self.asked += 1
        wanted = (bson.encode({"_id": value}) for value in bson.decode(query.raw)["_id"]["$in"])
        return [b"".join(self.rows[one] for one in wanted if one in self.rows)]


def events(tmp_path: Path, was: list[Row], now: list[Row]) -> list[Event]:
    before, after = state(tmp_path, "was", was), state(tmp_path, "now", now)
    with (
        compare.unpacked(before / "entries.tar.gz", fingerprint.load(before).entries) as old,
        compare.unpacked(after / "entries.tar.gz", fingerprint.load(after).entries) as new,
    ):
        states = [
            documents.State(
                made := fingerprint.load(place).collections["c"], compare.Entries(folder / made.file)
            )
            for place, folder in ((before, old), (after, new))
        ]
        return list(documents.events(*states, exact=False))


@pytest.mark.parametrize("keep_content", [True, False])
def test_a_second_look(tmp_path: Path, keep_content: bool) -> None:
    missed = events(tmp_path, WAS, [{**row, "x": "old"} if row["_id"] == 5 else row for row in WAS[:90]])
    assert {one.what for one in missed} == {"vanished", "changed"} and len(missed) == 11
    server: Any = Server([*WAS[:93], {"_id": 93, "x": "other"}])
    look = Recheck(server, "d", PLAIN, keep_content=keep_content)
    found = [(one.what, bson.decode(wrapped(one.ident))["_id"]) for one in look.confirmed(iter(missed))]
    gone = [("vanished", n) for n in range(94, 100)]
    assert sorted(found) == sorted([*gone, *([("changed", 93)] if keep_content else [])])


def test_a_second_look_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gonogo.deploy.mongodb.fingerprint.recheck.TOGETHER", 10)
    monkeypatch.setattr("gonogo.deploy.mongodb.fingerprint.recheck.MOST", 30)
    lost = [Event("vanished", bson.encode({"_id": n})[4:-1], b"") for n in range(1000)]
    server: Any = Server([])
    look = Recheck(server, "d", PLAIN, keep_content=True)
    assert len(list(look.confirmed(iter(lost)))) == 1000 and server.asked == 3
    server = Server({"_id": n} for n in range(1000))
    look = Recheck(server, "d", PLAIN, keep_content=False)
    assert list(look.confirmed(iter(lost))) == [] and server.asked == 100
