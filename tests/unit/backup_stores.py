"""A backup folder on this machine, as the target ``local``, with backups and what only looks like them."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator
from pathlib import Path

from gonogo.deploy.mongodb.backup import backup_stream, upload_folder
from gonogo.deploy.mongodb.backup.backup_stream import BackupStream, Piece, Running, Sums
from gonogo.deploy.mongodb.backup.manifest import INCONSISTENT, MANIFEST, Manifest
from gonogo.deploy.release import records
from gonogo.deploy.target.target import Target
from gonogo.deploy.target.target_file import parse

DATABASE = "shop"


def target(place: Path, name: str = "demo", **backup: object) -> Target:
    given = {"host": "local", "path": str(place), "source": str(place), "project": "demo"}
    given |= {"compose_files": ["compose.yaml"], "mongodb": {"service": "mongodb", "database": DATABASE}}
    return parse({**given, "backup": {"folder": f"{place}/kept", **backup}}, place / f"{name}.toml")


def manifest(given: Target, at: datetime.datetime, files: dict[str, bytes]) -> Manifest:
    sums = {}
    for path, data in files.items():
        sums[path] = Running()
        sums[path].add(memoryview(data))
    return Manifest(
        target=given.name,
        project=given.project,
        database=DATABASE,
        made=at.isoformat(timespec="seconds"),
        tool="gonogo",
        form="directory",
        server="6.0.5",
        consistency=INCONSISTENT,
        consistent=False,
        documents=1,
        files={path: one.sum for path, one in sums.items()},
    )


def put(given: Target, days: float, data: bytes = b"data") -> Path:
    """Make a whole backup of so many days ago."""
    at = (records.now() - datetime.timedelta(days=days)).replace(microsecond=0)
    folder = Path(given.backup_path) / upload_folder.named(given, DATABASE, at)
    file = folder / "dump" / DATABASE / "a.bson"
    file.parent.mkdir(parents=True)
    file.write_bytes(data)
    name = str(file.relative_to(folder))
    (folder / MANIFEST).write_bytes(manifest(given, at, {name: data}).written())
    return folder


def sent(given: Target, name: str, at: datetime.datetime, files: dict[str, bytes]) -> BackupStream:
    """What a writer would send."""

    def pieces(sums: Sums) -> Iterator[Piece]:
        for path, data in files.items():
            yield path, data[:3]
            yield path, data[3:]
        yield from backup_stream.closing(manifest(given, at, files).written(), sums)

    return BackupStream(pieces, f"dump/{DATABASE}")


def left(given: Target, days: float, owner: str, minutes: float) -> Path:
    """Leave behind a folder that is being made, changed for the last time so many minutes ago."""
    at = records.now() - datetime.timedelta(days=days)
    folder = Path(given.backup_path) / f"{upload_folder.PART}{upload_folder.named(given, DATABASE, at)}"
    folder.mkdir(parents=True)
    (folder / "part.bson").write_bytes(b"x")
    if owner:
        (folder / upload_folder.OWNER).write_text(owner)
    moment = records.now().timestamp() - 60 * minutes
    for path in (*folder.iterdir(), folder):
        os.utime(path, (moment, moment))
    return folder
