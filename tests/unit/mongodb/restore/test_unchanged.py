"""What mongodump's archive must hold, judged from three states of one collection."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from pathlib import Path

import pytest

from gonogo.deploy.mongodb.restore import unchanged
from gonogo.deploy.mongodb.server.source import Namespace
from tests.unit.mongodb.fingerprint.test_compare import CAPPED, ID_INDEX, PLAIN, Row, state

NO_IDS = Namespace("c", options={"capped": True, "size": 200}, indexes=())
AGED = Namespace("c", indexes=(ID_INDEX, {"key": {"at": 1}, "name": "at", "expireAfterSeconds": 0}))


def between(
    folder: Path, rows: tuple[Iterable[Row], ...], namespace: Namespace = PLAIN, due_ms: int = 0
) -> tuple[int, int, dict[str, tuple[int, set[str]]]]:
    """Compare the rows of before and after the dump with those that were restored."""
    was, last, now = (state(folder, f"state-{n}", each, namespace) for n, each in enumerate(rows))
    found = unchanged.between(was, last, now, due_ms)
    return found.proved, found.changed, {one.what: (one.count, set(one.ids)) for one in found.differences}


WAS = [{"_id": n, "x": n} for n in range(100)]


def changed(rows: list[Row], *numbers: int, to: str = "other") -> list[Row]:
    return [{**row, "x": to} if row["_id"] in numbers else row for row in rows]


@pytest.mark.parametrize("namespace", [PLAIN, CAPPED], ids=["plain", "capped"])
def test_what_changed_meanwhile_is_counted_alone(tmp_path: Path, namespace: Namespace) -> None:
    last = [*changed(WAS[5:], 50), {"_id": "new"}]
    # Of what changed, came and went, the dump may hold any state.
    now = [*changed(WAS[2:], 50, to="between"), {"_id": "brief"}]
    assert between(tmp_path, (WAS, last, now), namespace) == (94, 5 + 1 + 1, {})


def test_what_did_not_change_must_be_there_as_it_was(tmp_path: Path) -> None:
    now = changed([row for row in WAS if row["_id"] not in {3, 4}], 10)
    proved, meanwhile, lost = between(tmp_path, (WAS, WAS, now))
    assert (proved, meanwhile) == (97, 0)
    assert lost == {"vanished": (2, {"3", "4"}), "changed": (1, {"10"})}


def test_documents_without_ids_count_by_their_contents(tmp_path: Path) -> None:
    rows: list[Row] = [{"x": n % 2} for n in range(10)]
    assert between(tmp_path, (rows, rows, rows), NO_IDS) == (10, 0, {})


def test_one_less_of_the_same_contents_is_a_loss(tmp_path: Path) -> None:
    rows: list[Row] = [{"x": n % 2} for n in range(10)]
    proved, _, lost = between(tmp_path, (rows, rows, rows[1:]), NO_IDS)
    assert (proved, lost["vanished"][0]) == (9, 1)


def test_what_a_live_server_removes_by_its_time_is_no_loss(tmp_path: Path) -> None:
    past, future = datetime.datetime(2020, 1, 1), datetime.datetime(2999, 1, 1)
    rows: list[Row] = [{"_id": 1, "at": past}, {"_id": 2, "at": future}, {"_id": 3, "at": past}]
    due_ms = int(datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC).timestamp() * 1000)
    assert between(tmp_path, (rows, rows, rows[1:2]), AGED, due_ms) == (1, 0, {})


def test_a_collection_that_is_not_in_the_backup(tmp_path: Path) -> None:
    before, after = state(tmp_path, "was", WAS), state(tmp_path, "last", WAS)
    empty = state(tmp_path, "now", [], Namespace("other", indexes=(ID_INDEX,)))
    file = empty / "fingerprint.json"
    file.write_text(file.read_text().replace('"c": {', '"other": {'))
    (lost,) = unchanged.between(before, after, empty).differences
    assert lost.told == "c: the collection is not in the backup, with its 100 documents"
