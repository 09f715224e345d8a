"""Whether the data is still there."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from checks.suite import Suite
from deploy.facts import Facts
from deploy.mongodb import login
from deploy.target import Mongodb, Target
from reports.model import DataCount


def compare(before: Mapping[str, int] | None, after: Mapping[str, int], mongodb: Mongodb) -> list[DataCount]:
    """Return the counts of every collection, before and after; ``before`` is None without a baseline."""
    names = sorted({*(before or {}), *after, *mongodb.collections})
    kinds = mongodb.collections
    return [
        DataCount(
            collection=name,
            kind=kinds.get(name, mongodb.other_collections),
            before=None if before is None else before.get(name),
            after=after.get(name),
        )
        for name in names
    ]


def losses(data: list[DataCount]) -> list[str]:
    """Return a sentence for each collection that holds less than before, ``volatile`` ones aside."""
    return [
        f"{row.collection} ({row.kind}) had {row.before} documents and has {row.after or 0}"
        for row in data
        if row.kind != "volatile" and row.before is not None and (row.after or 0) < row.before
    ]


def empty(mongodb: Mongodb, after: Mapping[str, int]) -> list[str]:
    """Return one sentence when none of the collections that should last holds a document (incident L3)."""
    lasting = [name for name, kind in mongodb.collections.items() if kind != "volatile"]
    if not lasting or any(after.get(name) for name in lasting):
        return []
    return [f"{mongodb.database} is empty: no document in {', '.join(sorted(lasting))}"]


@pytest.mark.check(
    "data.counts",
    reason="L3: MongoDB started healthy, on a new and empty volume.",
    fix="Stop writing, compare the mounted volume with the one before, and restore the backup.",
    data=True,
)
def test_data_counts(suite: Suite, target: Target, facts: Facts, expect: Callable[..., None]) -> None:
    """No collection holds fewer documents than before the release."""
    if target.mongodb is None:
        pytest.skip("the target file names no MongoDB")
    baseline = suite.baseline
    before = baseline.counts if baseline else None
    new = baseline is not None and before is None
    container = login.container_of(facts.running, target.mongodb)
    after = login.counts(facts.connection, container, target.mongodb, suite.redactor)
    suite.data[:] = compare(before, after, target.mongodb)
    if before is not None:
        gone, expected = losses(suite.data), "no fewer documents than in the baseline"
    elif new:
        gone, expected = [], "a database that answers: none ran before this release"
    else:
        gone, expected = empty(target.mongodb, after), "not every collection empty (there is no baseline)"
    told = ", ".join(f"{name} {number}" for name, number in after.items())
    expect(not gone, found="; ".join(gone) or told or "no collection", expected=expected)
