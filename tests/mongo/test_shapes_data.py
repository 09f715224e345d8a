"""Databases of odd names and of every size: read, backed up, proved and compared, in a time that is told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gonogo.deploy.mongodb.fingerprint import batches
from gonogo.deploy.mongodb.server import login, source
from tests.mongo import odd
from tests.mongo.ground import Ground
from tests.mongo.shapes import KNOWN, shape
from tests.mongo.whole import whole


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with shape(tmp_path_factory.mktemp("odd")) as made:
        made.server("mongodb", environment=KNOWN)
        made.client(made.container).close()
        begun = time.monotonic()
        with made.release() as release, login.opened(release) as client:
            odd.fill(client)
        print(f"filled in {time.monotonic() - begun:.1f} s")
        yield made


def _settings(database: str) -> dict[str, str]:
    return {"service": "mongodb", "database": database}


def test_the_state_of_each_is_told(server: Ground) -> None:
    counts = {}
    for database in (odd.DATABASE, odd.EMPTY, odd.MISSING, odd.LARGE, odd.MILLION, odd.MANY):
        with server.release(mongodb=_settings(database)) as release:
            begun = time.monotonic()
            state = release.host.mongodb(release).state
            took = time.monotonic() - begun
            print(f"state of {database}: {took:.2f} s")
        assert state is not None and state.writable and took < 60, "it is asked for all at once"
        counts[database] = state.counts
    kept = [name for name in odd.COLLECTIONS if name != "system.js"]
    assert counts[odd.DATABASE] == dict.fromkeys(sorted(kept), 1)
    assert (counts[odd.EMPTY], counts[odd.MISSING]) == ({"nothing": 0}, {})
    assert (counts[odd.LARGE], counts[odd.MILLION]) == ({"big": 1}, {"small": 1_000_000})
    assert counts[odd.MANY] == {f"c{n:04}": 1 for n in range(odd.COLLECTION_COUNT)}


def test_odd_names_are_read_as_they_are(server: Ground) -> None:
    with server.release() as release, login.opened(release) as client:
        found = source.namespaces(client, odd.DATABASE)
        assert {one.name for one in found} == set(odd.COLLECTIONS)
        for one in found:
            (batch,) = batches.read(client, odd.DATABASE, one.name)
            assert one.name.encode() in batch


@pytest.mark.parametrize(
    "database", [odd.DATABASE, odd.EMPTY, odd.MISSING, odd.LARGE, odd.MILLION, odd.MANY], ids=ascii
)
def test_each_is_fingerprinted_backed_up_and_proved(server: Ground, database: str, tmp_path: Path) -> None:
    with server.release(mongodb=_settings(database)) as release:
        whole(release, tmp_path, apart=database not in (odd.MILLION, odd.MANY))
