"""All that is done with the data of a target, over whatever shape its MongoDB has."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup import backup
from gonogo.deploy.mongodb.fingerprint import compare, fingerprint
from gonogo.deploy.mongodb.restore import proof
from gonogo.deploy.mongodb.server import login
from gonogo.deploy.release.release import Release
from tests.mongo.ground import IMAGE, PASSWORD
from tests.mongo.shapes import Shape

T = TypeVar("T")


def whole(release: Release, folder: Path, *, apart: bool = True) -> None:
    """Make a backup, compare its fingerprint with what is there, and prove it; print what each took.

    ``apart``: with a fingerprint that is taken by itself, which must be equal to that of the backup.
    """
    settings = release.target.mongodb
    assert settings is not None
    database = settings.database
    took: list[str] = []

    def timed(name: str, ask: Callable[[], T]) -> T:
        begun = time.monotonic()
        found = ask()
        took.append(f"{name} {time.monotonic() - begun:.2f} s")
        return found

    made = timed("backup", lambda: backup.make(release))
    own = folder / "own"
    own.mkdir()
    taken = fingerprint.fetch(release.connection, made.folder, own)
    with login.opened(release) as client:
        if apart:
            alone = folder / "apart"
            alone.mkdir()
            timed("fingerprint", lambda: fingerprint.take(client, database, alone))
            assert compare.between(own, alone) == []
        differences = timed("compare", lambda: compare.differences(own, client, database, settings))
    assert taken.database == database and not differences
    found = timed("proof", lambda: proof.prove(release, made, image=IMAGE))
    print(f"{database}: {', '.join(took)}; {found.documents} documents, {found.bytes} bytes")
    assert found.proved and not found.differences


def refused(made: Shape, **tables: Any) -> str:
    """Return what is said when the database of a shape is not reached; it holds no secret."""
    with (
        made.release(**tables) as release,
        pytest.raises(GonogoError) as raised,
        login.opened(release) as client,
    ):
        client.shop.users.find_one()
    said = str(raised.value)
    assert PASSWORD not in said and "mongodb://" not in said
    return said
