"""A backup of the target's database, made and kept on the target, with its fingerprint and its manifest."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup import backup_stream, copies, dump, upload_folder
from gonogo.deploy.mongodb.backup.backup_request import BackupRequest, OnBytes, file, size
from gonogo.deploy.mongodb.backup.backup_store import Backup
from gonogo.deploy.mongodb.backup.backup_stream import BackupStream, Piece, Sums
from gonogo.deploy.mongodb.backup.dump_fingerprint import DumpFingerprint
from gonogo.deploy.mongodb.backup.layout import DUMP
from gonogo.deploy.mongodb.backup.manifest import ENTRIES, FINGERPRINT, Manifest
from gonogo.deploy.mongodb.backup.writer import SnapshotLost, Writer
from gonogo.deploy.mongodb.fingerprint.read_ahead import turns
from gonogo.deploy.mongodb.server import login
from gonogo.deploy.release.release import Release

AGAIN = "the server did not keep the moment of the snapshot, so all was read again without one"

__all__ = ["Backup", "expected", "make"]


def make(release: Release, *, users: bool = False, on_bytes: OnBytes = None, version: str = "") -> Backup:
    """Make a backup of the target's database on the target, and return it when it is whole.

    The standard tool makes it where the database's container has it and can make as much of it as we can,
    see ``dump.fits``, else our own writer. ``users``: with the users and roles of the database. ``on_bytes``
    is called, from another thread, with the size of each piece that is sent. ``version``: the release that
    it is taken before. A copy is made where the target file says so. Raises GonogoError in one sentence; what
    was written until then is removed.
    """
    settings = release.target.mongodb
    if settings is None:
        raise GonogoError("the target file names no MongoDB: add the table [mongodb] to have it backed up")
    upload_folder.sweep(release.connection, release.target)
    with login.opened(release, settings) as client:
        request = {"settings": settings, "client": client, "users": users}
        request |= {"on_bytes": on_bytes, "version": version}
        if dump.fits(release, settings, client):
            made = _claimed(release, request, dump.made)
        else:
            try:
                made = _claimed(release, request, lambda given: ByWriter(given).made())
            except SnapshotLost:
                made = _claimed(
                    release, request, lambda given: ByWriter(given, (AGAIN,)).made(snapshot=False)
                )
    copies.as_wanted(release.connection, release.target, made)
    return made


def expected(release: Release) -> int | None:
    """Return about how many bytes ``make`` sends; None where it is not known, or the server writes them."""
    try:
        return None if release.host.mongodb(release).dump_tool == "container" else size(release)
    except GonogoError:
        return None  # what it is will be said by ``make``


def _claimed(release: Release, given: dict[str, Any], made: Callable[[BackupRequest], Manifest]) -> Backup:
    connection, target = release.connection, release.target
    name, at = upload_folder.claim(connection, target, given["settings"].database)
    try:
        manifest = made(BackupRequest(release, name=name, at=at, **given))
    except BaseException:
        upload_folder.discard(connection, target, name)
        raise
    return Backup(name, target.backup_path / name, manifest)


class ByWriter:
    """One backup that our own writer makes."""

    def __init__(self, request: BackupRequest, notes: tuple[str, ...] = ()) -> None:
        """Prepare; ``notes``: what is to be said beside what the writer notes."""
        self._request, self._notes = request, notes
        self._manifest: Manifest | None = None

    def made(self, *, snapshot: bool = True) -> Manifest:
        """Return its manifest when it is whole; raises SnapshotLost, GonogoError and pymongo's errors."""
        request, database = self._request, self._request.settings.database
        with tempfile.TemporaryDirectory(prefix="gonogo-") as folder:
            # What was backed up before a release is compared with what is there after it.
            hashed = bool(request.version)
            fingerprint = DumpFingerprint(request.client, database, Path(folder), hashed=hashed)
            writer = Writer(
                request.client, database, fingerprint.fingerprinter, users=request.users, snapshot=snapshot
            )
            sent = BackupStream(lambda sums: self._pieces(writer, fingerprint, sums), f"{DUMP}/{database}")
            script = upload_folder.enter(request.release.target, request.name) + upload_folder.receive(
                database
            )
            try:
                with turns():
                    whole = size(request.release)
                    upload_folder.send(request.release.connection, script, sent, request.on_bytes, whole)
            finally:
                writer.close()
        assert self._manifest is not None  # the stream ends with it
        return self._manifest

    def _pieces(self, writer: Writer, fingerprint: DumpFingerprint, sums: Sums) -> Iterator[Piece]:
        yield from writer.pieces()
        fingerprint.finish(writer.prints)
        for name in (FINGERPRINT, ENTRIES):
            yield from file(fingerprint.folder / name, name)
        self._manifest = self._request.manifest(
            tool="gonogo",
            form="directory",
            server=writer.server,
            consistency=writer.consistency,
            consistent=writer.consistent,
            documents=sum(one.count for one in writer.prints.values()),
            files={path: one.sum for path, one in sums.items()},
            notes=(*self._notes, *writer.notes),
        )
        yield from backup_stream.closing(self._manifest.written(), sums)
