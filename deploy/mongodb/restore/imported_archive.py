"""An archive that is imported: only mongorestore can read it, so its fingerprint is of a first restore."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO, cast

from gonogo.deploy.errors import CommandTimeout, ConnectionFailed, GonogoError
from gonogo.deploy.mongodb.backup import backup_stream, dump, upload_folder
from gonogo.deploy.mongodb.backup.backup_request import file
from gonogo.deploy.mongodb.backup.backup_store import Backup
from gonogo.deploy.mongodb.backup.backup_stream import BackupStream, Piece, Running, Sums
from gonogo.deploy.mongodb.backup.manifest import ARCHIVE, ENTRIES, FINGERPRINT, Manifest, Sum
from gonogo.deploy.mongodb.backup.reading import BackupDamaged
from gonogo.deploy.mongodb.fingerprint import fingerprint
from gonogo.deploy.mongodb.restore import archive, proof_image, server_error, throwaway
from gonogo.deploy.mongodb.restore.importing import Importing, opened, unpacked_size
from gonogo.deploy.mongodb.server.stall import Stalled

ENDED = (BackupDamaged, Stalled, CommandTimeout, ConnectionFailed)
"""What tells nothing of an archive's users: then it is not known whether it has any."""


def sent(given: Importing) -> Manifest:
    """Send an archive, restore it for its fingerprint, and return the manifest; GonogoError and OSError."""
    files = {ARCHIVE: _archive(given)}
    raw = given.manifest(form="archive", server="", documents=0, files=files)
    with tempfile.TemporaryDirectory(prefix="gonogo-") as name:
        folder = Path(name)
        count, server, users = _restored(given, raw, folder)
        files |= {one: dump.sum_of(folder / one) for one in (FINGERPRINT, ENTRIES)}
        made = given.manifest(form="archive", server=server, users=users, documents=count, files=files)

        def pieces(sums: Sums) -> Iterator[Piece]:
            for one in (FINGERPRINT, ENTRIES):
                yield from file(folder / one, one)
            yield from backup_stream.closing(made.written(), sums)

        given.send(BackupStream(pieces), upload_folder.receive())
    return made


class Summed:
    """A file that is summed while it is read."""

    def __init__(self, source: IO[bytes], running: Running) -> None:
        self._source, self._running = source, running

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        data = self._source.read(size)
        self._running.add(memoryview(data))
        return data


def _archive(given: Importing) -> Sum:
    """Send the archive into the folder that was claimed, and return its sum."""
    connection, running = given.release.connection, Running()
    with opened(given.path) as found:
        if found.read(4) != bytes.fromhex(dump.MAGIC):
            raise GonogoError(
                f"{given.path} is no archive of mongodump's: give one, or the directory that mongodump wrote"
            )
        found.seek(0)
        script = upload_folder.enter(given.release.target, given.name) + f"cat > {ARCHIVE}"
        limit = upload_folder.limit_s(unpacked_size(given.path))
        stdin = cast(BinaryIO, Summed(found, running))
        result = connection.stream(script, stdin=stdin, on_bytes=given.on_bytes, timeout=limit)
    if not result.ok:
        why = result.error_text.strip()
        raise GonogoError(f"{connection.host}: {given.path} could not be written there: {why}")
    return running.sum


def _restored(given: Importing, manifest: Manifest, folder: Path) -> tuple[int, str, bool]:
    """Restore the archive, and take its fingerprint into a folder of this machine.

    Returns how many documents it holds, the version of the server, and whether it holds users.
    """
    release, database = given.release, given.database
    raw = Backup(given.name, upload_folder.part(release.target, given.name), manifest)
    with (
        throwaway.server(release.connection, proof_image.of(release, raw)) as there,
        server_error.told(f"{given.path}, restored"),
    ):
        client = there.client
        archive.restore(release.connection, raw, there.name, client, database)
        found = fingerprint.take(client, database, folder, hashed=False)
        if not found.collections:
            raise GonogoError(
                f"{given.path} holds nothing of the database {database}: give an archive of one of that "
                "name, or the directory that mongodump wrote of another one"
            )
        client.drop_database(database)
        try:
            archive.restore_accounts(release.connection, raw, there.name, client)
        except ENDED:
            raise
        except GonogoError:
            pass  # mongorestore refuses to restore users of an archive without any
        users = client.admin["system.users"].count_documents({"db": database})
        return found.count, str(client.server_info()["version"]), bool(users)
