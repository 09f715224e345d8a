"""L7: whatever is damaged of the documents of a backup is found when it is restored."""

from __future__ import annotations

import shutil

import pytest

from tests.mongo.kept import DATA, DATABASE, MESSAGES, Change, Kept, cut, flipped, replaced
from tests.mongo.proving import refused

HEADER = [0, 1, 2, 3, 4, 5, 7, 8, 9, 13, 14, 15, 20, 40]
"""Length, type, name and value of the first document's elements."""
PLACES = [*HEADER, 110_000, 150_001, 200_003, -1, -2, -3, -5, -40]


@pytest.mark.parametrize(
    ("at", "summed"), [(at, True) for at in PLACES] + [(at, False) for at in (0, 20, 150_001, -1)]
)
def test_a_bit_of_the_documents(kept: Kept, at: int, summed: bool) -> None:
    kept.changed(DATA, flipped(at), summed=summed)
    assert "messages" in refused(kept).told


@pytest.mark.parametrize(
    ("size", "summed"),
    [(size, True) for size in (0, 1, 3, 4, 108, 100_000, -1, -5, -100)]
    + [(0, False), (108, False), (-1, False)],
)
def test_documents_that_are_cut_off(kept: Kept, size: int, summed: bool) -> None:
    kept.changed(DATA, cut(size), summed=summed)
    assert "messages" in refused(kept).told


@pytest.mark.parametrize("data", [b"\0" * 5000, b"\xff" * 108, b"\5\0\0\0\0", b"not BSON at all, and longer"])
def test_what_are_no_documents_of_the_collection(kept: Kept, data: bytes) -> None:
    kept.changed(DATA, lambda _: data, summed=True)
    assert "messages" in refused(kept).told


def lacks_last(data: bytes) -> bytes:
    at = 0
    while (length := int.from_bytes(data[at : at + 4], "little")) and at + length < len(data):
        at += length
    return data[:at]


def has_first_twice(data: bytes) -> bytes:
    return data + data[: int.from_bytes(data[:4], "little")]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lacks_last, f"messages: 1 document vanished: {MESSAGES - 1}"),
        (replaced("message 7 ", "message 8 "), "messages: 1 document changed: 7"),
        (has_first_twice, "messages cannot be restored: the _id 0 is there twice"),
    ],
)
def test_documents_are_named(kept: Kept, change: Change, told: str) -> None:
    kept.changed(DATA, change, summed=True)
    assert told in refused(kept).told


@pytest.mark.parametrize("name", ["log", "system.buckets.temperatures", "users", "keyed", "system.js"])
@pytest.mark.parametrize("at", [0, -20])
def test_every_kind_of_collection(kept: Kept, name: str, at: int) -> None:
    kept.changed(f"dump/{DATABASE}/{name}.bson", flipped(at), summed=True)
    assert name.removeprefix("system.buckets.") in refused(kept).told


def test_documents_of_two_collections_in_each_others_place(kept: Kept) -> None:
    other = DATA.replace("messages", "users")
    one, two = kept.folder / DATA, kept.folder / other
    data = one.read_bytes(), two.read_bytes()
    one.write_bytes(data[1])
    two.write_bytes(data[0])
    kept.summed(DATA, other)
    assert "messages" in refused(kept).told


def test_an_empty_backup_of_a_database_that_held_documents(kept: Kept) -> None:
    for file in (kept.folder / "dump" / DATABASE).glob("*.bson"):
        file.write_bytes(b"")
        kept.summed(str(file.relative_to(kept.folder)))
    found = refused(kept)
    assert any("is empty, and the database held" in one for one in found.differences)


def test_a_dump_that_is_not_there_at_all(kept: Kept) -> None:
    shutil.rmtree(kept.folder / "dump")
    assert "lacks" in refused(kept).told or "cannot be read" in refused(kept).told
