"""The backups that a target has: found by their manifests, and removed when they are too old."""

from __future__ import annotations

import datetime
import difflib
import re
import shlex
from collections.abc import Collection

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup import manifest
from gonogo.deploy.mongodb.backup.copies import copy
from gonogo.deploy.mongodb.backup.manifest import MANIFEST, PROOF, Backup
from gonogo.deploy.mongodb.backup.upload_folder import OWNER, PART, named
from gonogo.deploy.release import records
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.sections.data import Backup as Settings
from gonogo.deploy.target.target import Target

__all__ = ["PROOF", "Backup", "copy", "expire", "find", "listed", "remove"]

_NAME = re.compile(r"[A-Za-z0-9._%~-]+-\d{8}-\d{6}")


def listed(connection: Connection, target: Target) -> list[Backup]:
    """Return the backups of this target, the newest first; raises GonogoError.

    A folder is one when its manifest can be read and says that it is of this target, by this name.
    """
    folder = target.backup_path
    # JSON has no line breaks of its own, so each manifest is one line.
    result = connection.run(
        f"cd {shlex.quote(str(folder))} 2>/dev/null || exit 0; for file in */{MANIFEST}; do "
        '[ -f "$file" ] && [ ! -h "${file%/*}" ] || continue; '
        'printf "%s\\n" "${file%/*}"; tr -d "\\n" < "$file"; echo; done',
        live=True,
    )
    if not result.ok:
        raise GonogoError(f"{connection.host}: the backups in {folder} cannot be read")
    lines = result.text.split("\n")
    backups = []
    for name, text in zip(lines[::2], lines[1::2], strict=False):
        backup = _whole(target, name, text)
        if backup is not None:
            backups.append(backup)
    return sorted(backups, key=lambda one: (one.manifest.at, one.name), reverse=True)


def _whole(target: Target, name: str, text: str) -> Backup | None:
    if not _NAME.fullmatch(name):
        return None
    try:
        found = manifest.read(text.encode(), name)
    except GonogoError:
        return None
    mine = found.target == target.name and name == named(target, found.database, found.at)
    return Backup(name, target.backup_path / name, found) if mine else None


def find(connection: Connection, target: Target, name: str) -> Backup:
    """Return a backup by its name, ``latest`` for the newest; raises GonogoError that names what there is."""
    backups = {backup.name: backup for backup in listed(connection, target)}
    if name == "latest" and backups:
        return next(iter(backups.values()))
    if name in backups:
        return backups[name]
    if not backups:
        raise GonogoError(f"{connection.host}: there is no backup of {target.name} in {target.backup_path}")
    near = (difflib.get_close_matches(name, backups, 1, 0.0) or [next(iter(backups))])[0]
    raise GonogoError(
        f"{connection.host}: there is no backup {name} of {target.name} in {target.backup_path}: "
        f"the nearest is {near}"
    )


def expire(connection: Connection, target: Target, keep: Collection[str] = ()) -> list[str]:
    """Remove the backups of this target that are too old, but for the newest; return their names.

    ``backup.retention_days`` and ``backup.keep`` of the target file say which. Those named in ``keep`` stay,
    and so does a file that is none of ours, in the folder of a backup too. Raises GonogoError.
    """
    settings = target.backup or Settings(folder=str(target.backup_path))
    limit = records.now() - datetime.timedelta(days=settings.retention_days)
    old = [one for one in listed(connection, target)[settings.keep :] if one.manifest.at < limit]
    gone = [one for one in old if one.name not in keep]
    for backup in gone:
        remove(connection, target, backup)
    return [one.name for one in gone]


def remove(connection: Connection, target: Target, backup: Backup) -> None:
    """Remove a backup; files in its folder that are none of ours stay there. Raises GonogoError."""
    here, part = shlex.quote(backup.name), shlex.quote(f"{PART}{backup.name}.gone")
    ours = {*backup.manifest.files, MANIFEST, PROOF}
    connection.check(
        f"cd {shlex.quote(str(target.backup_path))} && [ -d {here} ] && [ ! -h {here} ] || exit 1; "
        # From here on it is no backup any more, but one that was left behind, should this be cut off.
        f"mv -T -- {here} {part} && echo {shlex.quote(target.name)} removed > {part}/{OWNER} || exit 1; "
        f"(cd {part} && xargs -0 rm -f -- && rm -f {OWNER}) || exit 1; "
        f"find {part} -depth -type d -exec rmdir {{}} + 2>/dev/null; "
        f"[ ! -e {part} ] || mv -T -- {part} {here}",
        stdin="".join(f"{path}\0" for path in sorted(ours)).encode(),
        mutates=True,
    )
