"""Losses of data, by the number of documents."""

from __future__ import annotations

from gonogo.checks.verify.test_data import compare, empty, fewer
from gonogo.deploy.target.sections.data import Mongodb
from gonogo.reports.model import DataCount
from tests.unit.tables import every

DATABASE = Mongodb(
    service="db",
    database="shop",
    collections={"orders": "append-only", "cache": "volatile"},
    other_collections="mutable",
)


def test_counts_of_every_collection_before_and_after() -> None:
    rows = compare({"orders": 5, "gone": 1}, {"orders": 6, "new": 2}, DATABASE)
    assert [(row.collection, row.kind, row.before, row.after) for row in rows] == [
        ("cache", "volatile", None, None),
        ("gone", "mutable", 1, None),
        ("new", "mutable", None, 2),
        ("orders", "append-only", 5, 6),
    ]
    assert [row.before for row in compare(None, {"orders": 6}, DATABASE)] == [None, None]


@every(
    "kind, before, after, told",
    [
        ("append-only", 5, 4, ["orders (append-only) had 5 documents and has 4"]),
        ("mutable", 5, None, ["orders (mutable) had 5 documents and has 0"]),
        ("mutable", 5, 5, []),
        ("mutable", 5, 6, []),
        ("mutable", None, 0, []),
        ("mutable", 0, None, []),
        ("volatile", 5, 0, []),
    ],
)
def test_losses(kind: str, before: int | None, after: int | None, told: list[str]) -> None:
    row = DataCount(collection="orders", kind=kind, before=before, after=after)
    assert list(fewer([row]).values()) == told


def test_an_empty_database_is_told_where_documents_should_last() -> None:
    assert empty(DATABASE, {"cache": 9}) == ["shop is empty: no document in orders"]
    assert empty(DATABASE, {"orders": 0}) == ["shop is empty: no document in orders"]
    assert empty(DATABASE, {"orders": 1}) == []
    assert empty(DATABASE.model_copy(update={"collections": {"cache": "volatile"}}), {}) == []
