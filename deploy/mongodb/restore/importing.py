"""What is imported as a backup, and the folder on the target that is claimed for it."""

from __future__ import annotations

import datetime
import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from gonogo.deploy.mongodb.backup import upload_folder
from gonogo.deploy.mongodb.backup.backup_request import OnBytes
from gonogo.deploy.mongodb.backup.backup_stream import BackupStream
from gonogo.deploy.mongodb.backup.manifest import Manifest
from gonogo.deploy.release.release import Release

IMPORTED = "as mongodump left it elsewhere: whether all of it is of one moment is not known"
GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Importing:
    """One import: from ``path``, of this machine, into the folder of the backup ``name``."""

    release: Release
    database: str
    path: Path
    name: str
    at: datetime.datetime
    on_bytes: OnBytes

    def manifest(self, **found: Any) -> Manifest:
        """Return the manifest: ``found`` and all that is known before."""
        return Manifest(
            target=self.release.target.name,
            project=self.release.target.project,
            database=self.database,
            made=self.at.isoformat(timespec="seconds"),
            tool="mongodump",
            consistency=IMPORTED,
            consistent=False,
            imported=True,
            **found,
        )

    def send(self, stream: BackupStream, receive: str, size: int | None = None) -> None:
        """Send what ends the backup; raises GonogoError, and what reading ``stream`` raises."""
        script = upload_folder.enter(self.release.target, self.name) + receive
        upload_folder.send(self.release.connection, script, stream, self.on_bytes, size)


def is_packed(path: Path) -> bool:
    """Return whether a file is compressed; raises OSError."""
    with path.open("rb") as raw:
        return raw.read(2) == GZIP


def unpacked_size(*paths: Path) -> int | None:
    """Return how many bytes files hold; None where one is compressed, which does not tell. Raises OSError."""
    return None if any(map(is_packed, paths)) else sum(path.stat().st_size for path in paths)


def opened(path: Path) -> IO[bytes]:
    """Open a file, which may be compressed, to read what it holds; raises OSError."""
    return cast("IO[bytes]", gzip.open(path)) if is_packed(path) else path.open("rb")
