"""What several files share: release, a backup that a test may damage, and a server to restore it into."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from gonogo.deploy.mongodb.backup import backup_store
from gonogo.deploy.mongodb.restore import proof, throwaway
from gonogo.deploy.mongodb.restore.throwaway import Throwaway
from gonogo.deploy.release.release import Release
from tests.mongo.ground import Ground, started
from tests.mongo.kept import Kept, keep


@pytest.fixture
def release(made: Ground) -> Iterator[Release]:
    """The release on the server that a file has made; what backups a test leaves are removed."""
    with made.release() as found:
        yield found
        for one in backup_store.listed(found.connection, found.target):
            backup_store.remove(found.connection, found.target, one)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """A server with one of each kind of collection, and a backup of it."""
    place = tmp_path_factory.mktemp("everything")
    with started(place) as ground, ground.release() as release:
        yield keep(release, place)


@pytest.fixture(scope="module")
def shared(everything: Kept) -> Iterator[Throwaway]:
    """One throwaway server for all proofs of a file: to start one each would be most of the time."""
    container = everything.release.host.mongodb(everything.release).container
    assert container
    with throwaway.server(everything.release.connection, container.image) as there:
        yield there


@pytest.fixture
def kept(everything: Kept, shared: Throwaway, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    """The backup, whole before each test, and proved in the server that is shared."""

    @contextmanager
    def server(*_: Any, **__: Any) -> Iterator[Throwaway]:
        shared.client.drop_database(proof.RESTORED)
        yield shared

    monkeypatch.setattr(throwaway, "server", server)
    yield everything
    everything.again()
