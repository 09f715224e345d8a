"""What is wanted of a backup, and the manifest that each ends with, whoever makes it."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.container import Container
from gonogo.deploy.mongodb.backup.backup_stream import Piece
from gonogo.deploy.mongodb.backup.manifest import Manifest
from gonogo.deploy.release.release import Release
from gonogo.deploy.target.sections.data import Mongodb

Client = MongoClient[dict[str, Any]]
OnBytes = Callable[[int], None] | None
CHUNK = 1 << 20


@dataclass(frozen=True)
class BackupRequest:
    """One backup: of which database, over which client, and how; see ``backup.make``.

    ``name``: of its folder, which is claimed. ``at``: when it was begun.
    """

    release: Release
    settings: Mongodb
    client: Client
    name: str
    at: datetime.datetime
    users: bool = False
    on_bytes: OnBytes = None
    version: str = ""

    @property
    def container(self) -> Container | None:
        """The container whose database it is; None for one outside the stack."""
        return self.release.host.mongodb(self.release).container

    def manifest(self, **found: Any) -> Manifest:
        """Return the manifest of what was made: ``found`` and all that is known before."""
        target, container = self.release.target, self.container
        return Manifest(
            target=target.name,
            project=target.project,
            database=self.settings.database,
            made=self.at.isoformat(timespec="seconds"),
            image=container.image if container else "",
            users=self.users,
            version=self.version,
            **found,
        )


def size(release: Release) -> int | None:
    """Return about how many bytes the database holds; None where it is not known."""
    try:
        state = release.host.mongodb(release).state
        return state.data if state else None
    except GonogoError:
        return None  # what it is will be said by whoever needs it


def file(path: Path, name: str) -> Iterator[Piece]:
    """Give a file of this machine in pieces, as the file ``name`` of a backup."""
    with path.open("rb") as opened:
        yield name, b""
        while piece := opened.read(CHUNK):
            yield name, piece
