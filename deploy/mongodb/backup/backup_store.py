"""The backups that a target has: found by their manifests, and removed when they are too old."""

from __future__ import annotations

import datetime
import difflib
import re
import shlex
from collections.abc import Collection, Iterator, Sequence
from itertools import islice

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host import foreign
from gonogo.deploy.mongodb.backup import manifest
from gonogo.deploy.mongodb.backup.copies import copy
from gonogo.deploy.mongodb.backup.manifest import MANIFEST, PROOF, Backup, OtherFormat
from gonogo.deploy.mongodb.backup.upload_folder import OWNER, PART, named
from gonogo.deploy.release import records
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.sections.data import Backup as Settings
from gonogo.deploy.target.target import Target

__all__ = ["PROOF", "Backup", "copy", "expire", "find", "lines", "listed", "remove"]

_NAME = re.compile(r"[A-Za-z0-9._%~-]+-\d{8}-\d{6}")
_STAMP = "%Y%m%d-%H%M%S"
LENGTH = len("yyyymmdd-hhmmss")
TOGETHER = 200
"""Backups whose files are read with one question: their names have to fit into a command."""
# One program for all of them: to start one for each takes seconds where there are thousands.
_LINES = (
    "awk 'BEGIN { for (i = 1; i < ARGC; i++) { "
    'while ((getline line < ARGV[i]) > 0) printf "%s", line; close(ARGV[i]); print "" } }\' '
)


def listed(connection: Connection, target: Target) -> list[Backup]:
    """Return the backups of this target, the newest first; raises GonogoError.

    A folder is one when its manifest can be read and says that it is of this target, by this name.
    """
    return list(_whole(connection, target, _names(connection, target)))


def lines(connection: Connection, target: Target, names: Sequence[str], file: str) -> Iterator[str]:
    """Yield a file of each of these backups as one line, empty where there is none; raises GonogoError.

    JSON has no line breaks of its own. What is read is handed on as it comes, however much it is in all.
    """
    for begin in range(0, len(names), TOGETHER):
        some = names[begin : begin + TOGETHER]
        said: list[bytes] = []
        files = shlex.join(f"{name}/{file}" for name in some)
        command = f"cd {shlex.quote(str(target.backup_path))} && {_LINES}{files}"
        result = connection.pour(command, said.append)
        found = b"".join(said).split(b"\n")[:-1]
        if not result.ok or len(found) != len(some):
            raise GonogoError(f"{connection.host}: the backups in {target.backup_path} cannot be read")
        yield from (line.decode("utf-8", "replace") for line in found)


def _names(connection: Connection, target: Target) -> list[str]:
    """Return what may be backups of this target, by their names, the newest first."""
    result = connection.run(
        f"cd {shlex.quote(str(target.backup_path))} 2>/dev/null || exit 0; "
        f"for file in {shlex.quote(target.name)}-*/{MANIFEST}; do "
        '[ -f "$file" ] && [ ! -h "${file%/*}" ] || continue; printf "%s\\n" "${file%/*}"; done',
        live=True,
    )
    if not result.ok:
        raise GonogoError(f"{connection.host}: the backups in {target.backup_path} cannot be read")
    names = dict.fromkeys(name for name in result.text.split("\n") if _NAME.fullmatch(name))
    return sorted(names, key=lambda name: (name[-LENGTH:], name), reverse=True)


def _whole(
    connection: Connection, target: Target, names: Sequence[str], *, known: bool = False
) -> Iterator[Backup]:
    """Yield those of these names that are whole backups of this target, in their order.

    ``known``: those of another format raise OtherFormat, and are not passed over.
    """
    for name, text in zip(names, lines(connection, target, names, MANIFEST), strict=True):
        try:
            found = manifest.read(text.encode(), name)
        except GonogoError as error:
            if known and isinstance(error, OtherFormat) and error.target == target.name:
                raise
            continue
        if found.target == target.name and name == named(target, found.database, found.at):
            yield Backup(name, target.backup_path / name, found)


def find(connection: Connection, target: Target, name: str) -> Backup:
    """Return a backup by its name, ``latest`` for the newest; raises GonogoError that names what there is.

    Raises OtherFormat for one, or for a newer one than the latest, that another version of gonogo made.
    """
    names = _names(connection, target)
    wanted = names if name == "latest" else [one for one in names if one == name]
    if found := next(_whole(connection, target, wanted, known=True), None):
        return found
    backups = [one.name for one in _whole(connection, target, names)]
    if not backups:
        raise GonogoError(f"{connection.host}: there is no backup of {target.name} in {target.backup_path}")
    near = (difflib.get_close_matches(name, backups, 1, 0.0) or backups)[0]
    raise GonogoError(
        f"{connection.host}: there is no backup {name} of {target.name} in {target.backup_path}: "
        f"the nearest is {near}"
    )


def expire(connection: Connection, target: Target, keep: Collection[str] = ()) -> list[str]:
    """Remove the backups of this target that are too old, but for the newest; return their names.

    ``backup.retention_days`` and ``backup.keep`` of the target file say which. Those named in ``keep`` stay,
    and so does a file that is none of ours, in the folder of a backup too. Raises GonogoError.
    """
    foreign.refuse(connection, target.backup_path, foreign.backups(target.name))
    settings = target.backup or Settings(folder=str(target.backup_path))
    limit = records.now() - datetime.timedelta(days=settings.retention_days)
    names = _names(connection, target)
    newest = [one.name for one in islice(_whole(connection, target, names), settings.keep)]
    # Of the others, what is young by its name need not be read.
    before = f"{limit:{_STAMP}}"
    old = [one for one in names if one not in newest and one not in keep and one[-LENGTH:] <= before]
    gone = [one for one in _whole(connection, target, old) if one.manifest.at < limit]
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
