"""mongodump's archives, which mongorestore reads, in a container on the target."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO, cast

from pydantic import ValidationError
from pymongo import MongoClient

from gonogo.deploy.errors import CommandTimeout, GonogoError
from gonogo.deploy.host import remote_files
from gonogo.deploy.mongodb.backup.backup_store import Backup
from gonogo.deploy.mongodb.backup.manifest import ARCHIVE, FINGERPRINT, Sum
from gonogo.deploy.mongodb.backup.reading import BackupDamaged
from gonogo.deploy.mongodb.backup.upload_folder import SUM, limit_s
from gonogo.deploy.mongodb.fingerprint.fingerprint import Fingerprint
from gonogo.deploy.mongodb.server import database_tools, stall
from gonogo.deploy.mongodb.server.source import BUCKETS
from gonogo.deploy.ssh.connection import Connection

Client = MongoClient[dict[str, Any]]

NAMES = 50_000
"""Bytes of names of collections that a command line has room for."""
LACKS = 97
"""Exit status of our own script: there is no mongorestore."""
NO_LOGIN = b'uri: "mongodb://127.0.0.1:27017/?directConnection=true"\n'


def restore(  # noqa: PLR0913, PLR0917
    connection: Connection,
    backup: Backup,
    container: str,
    client: Client,
    into: str,
    login: bytes = NO_LOGIN,
    *,
    only: Collection[str] = (),
) -> None:
    """Restore a backup in archive form into the database ``into`` of the server in a container.

    The archive does not leave the target. ``client``: of that server. ``login``: mongorestore's
    configuration, one line, which travels by standard input. ``only``: these collections, by default all.
    Raises BackupDamaged for what is no archive, GonogoError where it cannot be restored.
    """
    options = selection(backup.manifest.database, into, only)
    _run(connection, backup, container, options, login, stall.of_database(client, into))


def restore_accounts(connection: Connection, backup: Backup, container: str, client: Client) -> None:
    """Restore users and roles of a backup in archive form, and no documents, into the server in a container.

    Its admin database holds them then. ``client``: of that server, which needs no login. Raises as
    ``restore``.
    """
    database = backup.manifest.database
    options = [f"--db={database}", "--restoreDbUsersAndRoles"]
    names = [name for one in _collections(connection, backup) for name in (one, f"{BUCKETS}{one}")]
    if sum(map(len, names)) < NAMES:
        options += [f"--nsExclude={database}.{_escaped(name)}" for name in names]
    _run(connection, backup, container, options, NO_LOGIN, stall.of_database(client, database))


def _collections(connection: Connection, backup: Backup) -> list[str]:
    found = remote_files.read(connection, backup.folder / FINGERPRINT)
    try:
        return list(Fingerprint.model_validate_json(found or b"").collections)
    except ValidationError:
        return []  # all of it is restored then


def _run(  # noqa: PLR0913, PLR0917
    connection: Connection,
    backup: Backup,
    container: str,
    options: list[str],
    login: bytes,
    progress: Callable[[], object],
) -> None:
    wanted = backup.manifest.files.get(ARCHIVE)
    if wanted is None:
        raise BackupDamaged(f"the manifest of {backup.name} names no {ARCHIVE}: use another backup")
    script = command(str(backup.folder), container, options)
    limit = stall.longest_s(limit_s(wanted.size), wanted.size)
    what = f"{connection.host}: mongorestore of {backup.name}"
    with (
        ThreadPoolExecutor(1, thread_name_prefix="gonogo-sum") as beside,
        stall.Watched(login, progress, what) as watched,
    ):
        # To read the file twice at once costs what reading it once does.
        summed = beside.submit(_summed, connection, backup, wanted)
        try:
            result = connection.stream(script, stdin=cast(BinaryIO, watched), to=watched.heard, timeout=limit)
        except CommandTimeout:
            raise stall.Stalled(
                f"{what} did not end within {limit:.0f} s: see the load of that machine and its disk, then "
                "try again"
            ) from None
        summed.result()
    if result.ok:
        return
    if result.exit_status == LACKS:
        raise GonogoError(
            f"{connection.host}: the image has no mongorestore, which the backup {backup.name} needs: "
            "restore it where MongoDB's database tools are"
        )
    why = database_tools.reason(result.error_text)
    failure = connection.redact(f"the backup {backup.name} cannot be restored: {why}")
    if database_tools.damaged(why):
        raise BackupDamaged(f"{failure}: its archive is damaged, use another backup")
    raise GonogoError(f"{connection.host}: {failure}")


def selection(database: str, into: str, only: Collection[str] = ()) -> list[str]:
    """Return the options by which mongorestore restores a database, or these collections, into another.

    In its patterns a backslash keeps the next character from being one (mongo-tools, common/ns).
    """
    names = [_escaped(name) for name in only] or ["*"]
    names += [f"{BUCKETS}{name}" for name in names if only]
    found = [f"--nsInclude={database}.{name}" for name in names]
    return found + ([f"--nsFrom={database}.*", f"--nsTo={into}.*"] if into != database else [])


def _escaped(name: str) -> str:
    return re.sub(r"([*\\])", r"\\\1", name)


def _summed(connection: Connection, backup: Backup, wanted: Sum) -> None:
    """Raise BackupDamaged where the archive is not what the manifest says."""
    script = f"cd {shlex.quote(str(backup.folder))} && {SUM} {ARCHIVE}"
    result = connection.run(script, timeout=limit_s(wanted.size))
    if result.text.split()[:1] != [wanted.sha256]:
        raise BackupDamaged(f"the backup {backup.name}: {ARCHIVE} is not what its manifest says: use another")


def command(folder: str, container: str, selected: list[str]) -> str:
    """Return the script that restores the archive in a folder.

    The first line of its standard input is the configuration. No more of it is read, so that it can stay
    open.
    """
    options = ["--archive", "--stopOnError", *selected]
    inner = f"command -v mongorestore >/dev/null || exit {LACKS}; "
    inner += database_tools.called("mongorestore", options)
    return (
        f"cd {shlex.quote(folder)} && IFS= read -r config && "
        f"{{ printf '%s\\n' \"$config\"; cat {ARCHIVE}; }} | "
        f"docker exec -i -- {shlex.quote(container)} sh -c {shlex.quote(inner)} && echo"
    )
