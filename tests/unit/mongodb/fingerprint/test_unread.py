"""Which collections need not be read, and which are read whatever their size."""

from __future__ import annotations

from typing import Any

import pytest

from gonogo.deploy.mongodb.fingerprint import unread
from gonogo.deploy.mongodb.fingerprint.unread import Unread
from gonogo.deploy.mongodb.server.source import Namespace
from gonogo.deploy.mongodb.server.write_detection import State

ID_INDEX = {"key": {"_id": 1}, "name": "_id_"}
MB = 1_000_000


def space(name: str, *, indexes: tuple[dict[str, Any], ...] = (), **more: Any) -> Namespace:
    return Namespace(name, indexes=(ID_INDEX, *indexes), **more)


def chosen(*given: tuple[Namespace, int]) -> set[str]:
    sizes = {one.stored: (1, size) for one, size in given}
    return {one.name for one in unread.choose([one for one, _ in given], sizes)}


def test_small_ones_are_read_up_to_a_hundredth_of_all() -> None:
    given = [(space(f"c{n}"), 100 * MB) for n in range(10)] + [(space(f"s{n}"), 4 * MB) for n in range(4)]
    assert chosen(*given) == {f"c{n}" for n in range(10)} | {"s2", "s3"}


@pytest.mark.parametrize(
    "one",
    [
        space("capped", options={"capped": True, "size": 10**9}),
        space("aging", indexes=({"key": {"at": 1}, "name": "at", "expireAfterSeconds": 5},)),
        space("system.js"),
        Namespace("unordered"),
        Namespace("a view", "view"),
        space("being written", options={"temp": True}),
    ],
    ids=lambda one: one.name,
)
def test_what_a_hash_cannot_prove_is_read(one: Namespace) -> None:
    assert chosen((one, 100 * MB), (space("other"), 100 * MB)) == {"other"}


def test_one_for_which_writers_would_wait_too_long_is_read() -> None:
    assert chosen((space("huge"), unread.LARGEST + 1), (space("large"), unread.LARGEST)) == {"large"}


def test_what_was_written_to_is_told() -> None:
    before = State({"a": ("1", ""), "b": ("2", ""), "c": ("3", "")}, {"a": (1,), "b": (1,), "c": (1,)})
    after = State({"a": ("1", ""), "b": ("2", "")}, {"a": (1,), "b": (2,)})
    found = Unread({}, {"a": "x", "b": "y", "c": "z"}, before)
    assert found.written(after, {"a": "a", "b": "b"}) == {"b"}, "what was dropped is counted elsewhere"
    assert found.written(None, {"a": "a"}) == {"a", "b", "c"}
