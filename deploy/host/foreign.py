"""What of a folder of gonogo's is not the login's alone: another's, open to others, or a symbolic link.

Whoever can put a link into it has us write to another file, with the rights of the login. Root is trusted.
"""

from __future__ import annotations

import shlex
from pathlib import PurePosixPath

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.ssh.connection import Connection

CURRENT = "current"
"""The link that gonogo itself makes in its folder, and below it what a cut-off run may leave of it."""
PART = ".current.part"
EVERYTHING = ("*",)

_THEIRS = '! -user "$(id -u)" ! -user 0'
_OPENED = "! -type l \\( -perm -020 -o -perm -002 \\)"
_OPEN_TO_ALL = "! -type l -perm -002"
_ON_THE_WAY = f"\\( -type l {_THEIRS} -o ! -type l -perm -002 ! -perm -1000 \\)"


def backups(target: str) -> tuple[str, ...]:
    """Return the names of a target's backups, as patterns of find(1); all else there is not ours."""
    return (f"{target}-*-????????-??????", f".part-{target}-*")


def script(folder: str, names: tuple[str, ...] = EVERYTHING) -> str:
    """Return the script that prints such paths: of the way there, the folder's own, and those directly in it.

    ``names``: what in it is looked at, where others may use it too: then it may be a link of the login's own
    or of root's, such as to a larger disk, and its group is trusted. find(1) -P follows no link. On the way,
    links of the login's own are fine, and so are folders that all may write to but nobody may rename what is
    another's in. What lies in a folder that nobody else can enter is as closed as that.
    """
    place, shared = shlex.quote(folder), names != EVERYTHING
    opened = _OPEN_TO_ALL if shared else _OPENED
    named = f"\\( {' -o '.join(f'-name {shlex.quote(name)}' for name in names)} \\)"
    inside = f"\\( {_THEIRS} -o -type l ! -name {CURRENT} ! -name {PART} \\)"
    way = f'find -P "$way" -maxdepth 0 {_ON_THE_WAY} -print 2>/dev/null'
    walk = f'while [ "$way" != / ]; do way=$(dirname -- "$way"); {way}; done'
    real = (
        f'find -P "$place" -maxdepth 0 {_THEIRS} -print; way=$(readlink -f -- "$place"); place=$way; {walk}; '
    )
    follow = f'if [ -h "$place" ]; then {real}fi; ' if shared else ""
    find = 'find -P "$place"'
    return (
        f'place={place}; way=$place; {walk}; if [ -e "$place" ] || [ -h "$place" ]; then {follow}'
        f"{find} -maxdepth 0 \\( {_THEIRS} -o -type l -o {opened} \\) -print; "
        f"{find} -mindepth 1 -maxdepth 1 {named} {inside} -print; "
        f'if [ -z "$({find} -maxdepth 0 ! -perm -010 ! -perm -001)" ]; then '
        f"{find} -mindepth 1 -maxdepth 1 {named} {opened} -print; fi; fi"
    )


def worded(path: str, login: str = "the login") -> str:
    """Return in words what is wrong with such a path."""
    return f"{path} is a link, is not {login}'s, or others may write to it"


def refused(host: str, paths: list[str]) -> GonogoError:
    """Return the error about such paths, with what to do."""
    return GonogoError(
        f"{host}: {worded(paths[0])}: see who made it, then remove it or give it to the login alone"
    )


def refuse(connection: Connection, folder: PurePosixPath, names: tuple[str, ...] = EVERYTHING) -> None:
    """Raise GonogoError where a folder that is about to be written to is not the login's alone."""
    if found := connection.check(script(str(folder), names)).text.splitlines():
        raise refused(connection.host, found)
