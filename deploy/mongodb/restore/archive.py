"""mongodump's archives, which mongorestore reads, in a container on the target."""

from __future__ import annotations

import io
import shlex

from gonogo.deploy.errors import CommandTimeout, GonogoError
from gonogo.deploy.mongodb.backup.backup_store import Backup
from gonogo.deploy.mongodb.backup.manifest import ARCHIVE
from gonogo.deploy.mongodb.backup.reading import BackupDamaged
from gonogo.deploy.mongodb.backup.upload_folder import limit_s
from gonogo.deploy.mongodb.server import database_tools
from gonogo.deploy.ssh.connection import Connection

DIFFERS, LACKS = 72, 97
"""Exit statuses of our own scripts: the archive is not the manifest's; there is no mongorestore."""
NO_LOGIN = b'uri: "mongodb://127.0.0.1:27017/?directConnection=true"\n'


def restore(
    connection: Connection, backup: Backup, container: str, into: str, login: bytes = NO_LOGIN
) -> None:
    """Restore a backup in archive form into the database ``into`` of the server in a container.

    The archive does not leave the target. ``login``: mongorestore's configuration, one line, which travels by
    standard input. Raises BackupDamaged for what is no archive, GonogoError where it cannot be restored.
    """
    wanted = backup.manifest.files.get(ARCHIVE)
    if wanted is None:
        raise BackupDamaged(f"the manifest of {backup.name} names no {ARCHIVE}: use another backup")
    script = command(str(backup.folder), container, backup.manifest.database, into, wanted.sha256)
    limit = limit_s(wanted.size)
    try:
        result = connection.stream(script, stdin=io.BytesIO(login), timeout=limit)
    except CommandTimeout:
        raise GonogoError(
            f"{connection.host}: mongorestore of {backup.name} did not end within {limit:.0f} s: see the "
            "load of that machine and its disk, then try again"
        ) from None
    if result.ok:
        return
    if result.exit_status == DIFFERS:
        raise BackupDamaged(f"the backup {backup.name}: {ARCHIVE} is not what its manifest says: use another")
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


def command(folder: str, container: str, database: str, into: str, sha256: str) -> str:
    """Return the script that restores the archive in a folder; its standard input is the configuration."""
    options = ["--archive", "--stopOnError", f"--nsInclude={database}.*"]
    options += [f"--nsFrom={database}.*", f"--nsTo={into}.*"] if into != database else []
    inner = f"command -v mongorestore >/dev/null || exit {LACKS}; "
    inner += database_tools.called("mongorestore", options)
    return (
        f"cd {shlex.quote(folder)} && set -- $(sha256sum {ARCHIVE}) && "
        f'[ "$1" = {sha256} ] || exit {DIFFERS}; '
        f"{{ cat; cat {ARCHIVE}; }} | docker exec -i -- {shlex.quote(container)} sh -c {shlex.quote(inner)}"
    )
