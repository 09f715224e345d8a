"""Whether the data is still there."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path, PurePosixPath

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.checks.plugin.suite import Suite
from gonogo.deploy.mongodb import sample as samples
from gonogo.deploy.mongodb.fingerprint import compare as comparison
from gonogo.deploy.mongodb.fingerprint import fingerprint
from gonogo.deploy.mongodb.restore import late_entries
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.release import Release
from gonogo.deploy.release.verified import Verified
from gonogo.deploy.ssh.transcript import Entry
from gonogo.deploy.target.sections.data import Mongodb
from gonogo.deploy.target.target import Target
from gonogo.reports.model import DataCount

TOLD = 20
"""Losses that a message tells one by one."""


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


def fewer(data: list[DataCount]) -> dict[str, str]:
    """Return a sentence for each collection that holds less than before, ``volatile`` ones aside."""
    return {
        row.collection: f"{row.collection} ({row.kind}) had {row.before} documents and has {row.after or 0}"
        for row in data
        if row.kind != "volatile" and row.before is not None and (row.after or 0) < row.before
    }


def losses(data: list[DataCount], host: Host, release: Verified) -> tuple[list[str], str]:
    """Return the losses in words, and what is none, as MongoDB itself removes documents (TTL, capped).

    Those are judged one by one, by ``data.intact``, where the baseline has a fingerprint.
    """
    found = fewer(data)
    judged = release.baseline is not None and release.baseline.fingerprint
    excused = found.keys() & host.mongodb(release).shrinking if found and judged else set()
    said = [f"{found[name]}, which MongoDB removes itself" for name in sorted(excused)]
    return [line for name, line in found.items() if name not in excused], "; ".join(said)


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
def test_data_counts(host: Host, suite: Suite, target: Target, release: Verified, expect: Expect) -> None:
    """No collection holds fewer documents than before the release."""
    if target.mongodb is None:
        pytest.skip("the target file names no MongoDB")
    baseline = release.baseline
    before = baseline.counts if baseline else None
    new, aged = baseline is not None and before is None, ""
    after = host.mongodb(release).counted()
    suite.data[:] = compare(before, after, target.mongodb)
    if before is not None:
        gone, aged = losses(suite.data, host, release)
        expected = "no fewer documents than in the baseline"
    elif new:
        gone, expected = [], "a database that answers: none ran before this release"
    else:
        gone, expected = empty(target.mongodb, after), "not every collection empty (there is no baseline)"
    told = ", ".join(f"{name} {number}" for name, number in after.items())
    expect(not gone, gone, found="; ".join(filter(None, (told or "no collection", aged))), expected=expected)


@contextlib.contextmanager
def _told(release: Release, what: str) -> Iterator[list[str]]:
    """Give a list whose lines become the evidence of what was asked of MongoDB; no line holds a value."""
    begun, lines, status = time.monotonic(), list[str](), 1
    try:
        yield lines
        status = 0
    finally:
        release.connection.transcript.add(Entry(what, status, "\n".join(lines), time.monotonic() - begun))


@pytest.mark.check(
    "data.intact",
    reason="L3, L4: the database was healthy while other data lay in it; that there is as much is no proof.",
    fix="Stop writing, see which volume is mounted and what the release migrated, and restore the backup.",
    data=True,
)
def test_data_intact(host: Host, target: Target, release: Verified, expect: Expect) -> None:
    """No document, index or collection of before the release has vanished, nor changed where none may."""
    settings, baseline = target.mongodb, release.baseline
    if settings is None:
        pytest.skip("the target file names no MongoDB")
    if baseline is None:
        pytest.skip("this run has no baseline to compare with")
    if not baseline.fingerprint:
        pytest.skip("no fingerprint was taken before this release: no MongoDB ran yet")
    with tempfile.TemporaryDirectory(prefix="gonogo-") as place:
        before = Path(place)
        fingerprint.fetch(release.connection, PurePosixPath(baseline.fingerprint), before)
        with (
            _told(release, f"mongodb {settings.database}: compare it with {baseline.fingerprint}") as lines,
            host.mongodb(release).opened() as client,
        ):
            kept = PurePosixPath(baseline.fingerprint)
            supply = partial(late_entries.supply, release, kept, before)
            found = comparison.compared(before, client, settings.database, settings, supply=supply)
            lines += [*found.looked, *(one.told for one in (*found.differences, *found.doubts))]
    expect(
        not found.doubts,
        [one.told for one in found.doubts],
        expected="documents that vanished when their time was over, or that MongoDB counted as removed",
        fix="MongoDB was started anew, or the login may not ask it: see whether the application ended these.",
        severity="warning",
    )
    lost = [one.told for one in found.differences]
    more = [f"and {len(lost) - TOLD} more losses"] if len(lost) > TOLD else []
    expect(
        not lost,
        lost[:TOLD] + more,
        found=f"{len(found.looked)} collections as they were, {found.documents} documents compared one by "
        "one",
        expected="all that was there before the release",
    )


@pytest.mark.check(
    "data.sample",
    reason="After the loss nobody could say what there should be; one user's 14 sessions were the test.",
    fix="Look for the documents in the backup; correct the sample in the target file if it is out of date.",
    data=True,
)
def test_data_sample(host: Host, target: Target, release: Verified, expect: Expect) -> None:
    """The known data that the target file declares is there, and no less of it than before the release."""
    settings = target.mongodb
    if settings is None:
        pytest.skip("the target file names no MongoDB")
    if not settings.samples:
        pytest.skip("the target file declares no sample: add [[mongodb.samples]]")
    told = f"mongodb {settings.database}: look for {len(settings.samples)} samples"
    with _told(release, told) as lines, host.mongodb(release).opened() as client:
        looked = samples.look(client, settings.database, settings.samples)
        lines += [one.told for one in looked]
    wrong = samples.fallen(release.baseline.samples if release.baseline else [], looked)
    expect(
        not wrong,
        wrong,
        found="; ".join(one.told for one in looked),
        expected="every sample as the target file declares it",
    )
