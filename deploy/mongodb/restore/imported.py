"""A dump that mongodump made elsewhere becomes a backup of the target: proved and restored as any other."""

from __future__ import annotations

import zlib
from pathlib import Path

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup import copies, upload_folder
from gonogo.deploy.mongodb.backup.backup_request import OnBytes
from gonogo.deploy.mongodb.backup.backup_store import Backup
from gonogo.deploy.mongodb.restore import imported_archive, imported_directory
from gonogo.deploy.mongodb.restore.importing import Importing
from gonogo.deploy.release.release import Release


def bring_in(release: Release, path: Path, on_bytes: OnBytes = None) -> Backup:
    """Make a backup of the target from a directory or an archive of this machine that mongodump made.

    Both may be compressed (``--gzip``). ``path``: of a directory, that of one database or the one above it.
    An archive must be of a database of the target's name. ``on_bytes`` is called with the size of each piece
    that is sent. Raises GonogoError in one sentence; what was written until then is removed.
    """
    settings = release.target.mongodb
    if settings is None:
        raise GonogoError("the target file names no MongoDB: add the table [mongodb]")
    connection, target = release.connection, release.target
    upload_folder.sweep(connection, target)
    name, at = upload_folder.claim(connection, target, settings.database)
    given = Importing(release, settings.database, path, name, at, on_bytes)
    try:
        made = imported_directory.sent(given) if path.is_dir() else imported_archive.sent(given)
    except (OSError, EOFError, zlib.error) as error:
        upload_folder.discard(connection, target, name)
        why = getattr(error, "strerror", None) or error
        raise GonogoError(f"{path} cannot be read: {why}") from None
    except BaseException:
        upload_folder.discard(connection, target, name)
        raise
    found = Backup(name, target.backup_path / name, made)
    copies.as_wanted(connection, target, found)
    return found
