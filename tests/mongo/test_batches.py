"""How the documents of a real server come: byte for byte as pymongo gives them, in batches of a good size."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import bson
import pytest
from pymongo import CursorType
from pymongo.cursor import RawBatchCursor
from pymongo.errors import InvalidOperation, OperationFailure

from gonogo.deploy.mongodb.backup.backup_request import Client
from gonogo.deploy.mongodb.fingerprint import batches
from gonogo.deploy.mongodb.fingerprint.batches import BYTES, FIRST
from gonogo.deploy.mongodb.fingerprint.elements import documents
from gonogo.deploy.mongodb.server import login
from tests.mongo import ground

SHAPES = {
    "none": (0, 0),
    "one": (1, 10),
    "tiny": (20_000, 3),
    "small": (30_000, 500),
    "large": (40, 250_000),
    "largest": (3, 16_700_000),
    "uneven": (20_000, 500),
}
"""How many documents of how many bytes each collection has."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    place = tmp_path_factory.mktemp("ground")
    with ground.started(place) as made, made.release() as release, login.opened(release) as found:
        for name, (count, size) in SHAPES.items():
            found["shop"].create_collection(name)
            for first in range(0, count, 1000):
                rows = [{"n": n, "x": "x" * size} for n in range(first, min(first + 1000, count))]
                if name == "uneven" and not first:
                    rows[:FIRST] = [{"x": "x" * 100_000} for _ in range(FIRST)]
                found["shop"][name].insert_many(rows)
        yield found


@pytest.mark.parametrize("name", SHAPES)
def test_they_are_what_pymongo_gives(client: Client, name: str) -> None:
    found = list(batches.read(client, "shop", name))
    assert b"".join(found) == b"".join(client["shop"][name].find_raw_batches())  # type: ignore[arg-type]
    assert sum(1 for batch in found for _ in documents(batch)) == SHAPES[name][0]
    # The server ends one at 16 MB, and the first tells how many documents make a shorter one.
    assert all(len(batch) <= 17_000_000 for batch in found[:1])
    assert all(len(batch) < 1.1 * max(BYTES, SHAPES[name][1]) + batches.LEAST_BYTES for batch in found[1:])
    assert all(len(batch) >= batches.LEAST_BYTES for batch in found[:-1])


def test_documents_of_all_kinds_and_empty_ones_come_whole(client: Client) -> None:
    rows = [{"_id": {"a": [1, None]}, "b": b"\0" * 9}, {"_id": b""}, {"_id": "\N{SNOWMAN}"}]
    client["shop"]["odd"].insert_many(rows)
    assert bson.decode_all(b"".join(batches.read(client, "shop", "odd"))) == rows


def test_with_another_pymongo_its_own_way_is_taken(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = b"".join(client["shop"]["small"].find_raw_batches())  # type: ignore[arg-type]
    monkeypatch.setattr(batches, "_joined", None)
    found = list(batches.read(client, "shop", "small"))
    assert b"".join(found) == expected
    assert len(found) == SHAPES["small"][0] // batches.DOCUMENTS


@pytest.mark.parametrize("when", ["__init__", "__next__"])
def test_a_server_that_cannot_send_unasked_is_asked(
    client: Client, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """pymongo says so of an older mongos: when the cursor is made (4.9), or when it is asked (4.20)."""
    real, refused = getattr(RawBatchCursor, when), []

    def refusing(self: Any, *args: Any, **given: Any) -> Any:
        if given.get("cursor_type") == CursorType.EXHAUST or getattr(self, "_exhaust", False):
            refused.append(when)
            raise InvalidOperation("Exhaust cursors are not supported by mongos")
        return real(self, *args, **given)

    expected = b"".join(client["shop"]["small"].find_raw_batches())  # type: ignore[arg-type]
    monkeypatch.setattr(RawBatchCursor, when, refusing)
    assert b"".join(batches.read(client, "shop", "small")) == expected
    assert refused == [when]


def test_what_is_refused_is_raised(client: Client) -> None:
    client["shop"].command(
        "create", "seen", viewOn="small", pipeline=[{"$project": {"a": {"$divide": [1, 0]}}}]
    )
    with pytest.raises(OperationFailure):
        list(batches.read(client, "shop", "seen"))


def test_to_stop_in_between_ends_the_cursor_and_not_the_client(client: Client) -> None:
    def opened() -> int:
        return int(client.admin.command("serverStatus")["metrics"]["cursor"]["open"]["total"])

    before = opened()
    reading = batches.read(client, "shop", "small")
    assert next(reading) and next(reading)
    reading.close()  # type: ignore[attr-defined]
    assert client["shop"]["small"].count_documents({}) == SHAPES["small"][0]
    deadline = time.monotonic() + 10
    while opened() != before:
        assert time.monotonic() < deadline, "the server keeps its cursor"
        time.sleep(0.05)
