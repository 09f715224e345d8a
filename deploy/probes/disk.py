"""How much room the filesystems of the target have."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from gonogo.deploy.connection import Connection
from gonogo.deploy.errors import GonogoError

GB = 1_000_000_000
ROW = re.compile(r".+?\s+(\d+|-)\s+(?:\d+|-)\s+(\d+|-)\s+(?:\d+%|-)\s+(/.*)")
"""A row of ``df -P``: total, free, mount point; a device's or a mount point's name may hold spaces."""

# Of a folder that does not exist yet, the one counts in which it would be made.
ABOVE = 'while [ ! -e "$name" ]; do name=${name%/*}; name=${name:-/}; done'
ASK = f'{ABOVE}; df -PB1 -- "$name" && df -Pi -- "$name" || exit 1'


@dataclass(frozen=True)
class Room:
    """One filesystem: bytes and inodes that are free; ``inodes`` is None where it has no fixed number."""

    mounted: str
    free: int
    inodes: int | None

    @property
    def free_gb(self) -> float:
        """Free room in GB, of 10^9 bytes."""
        return self.free / GB


def rooms(connection: Connection, paths: Sequence[str]) -> dict[str, Room]:
    """Return the filesystem on which each of the absolute ``paths`` lies or would lie; raises GonogoError.

    ``df -P`` is the form that POSIX fixes; its numbers are for users without privileges.
    """
    names = list(dict.fromkeys(paths))
    result = connection.run(f"for name in {shlex.join(names)}; do {ASK}; done")
    if not result.ok:
        last = (result.error_text.strip() or "df said nothing").splitlines()[-1]
        raise GonogoError(f"{connection.host}: the free room is not known: {last}")
    found = parse(result.text)
    if len(found) != len(names):
        raise GonogoError(f"{connection.host}: the free room is not known: df printed no table")
    return dict(zip(names, found, strict=True))


def parse(text: str) -> list[Room]:
    """Return the filesystems of the tables that ``rooms`` asks for: of each, its bytes and its inodes."""
    rows = [row for row in map(ROW.fullmatch, text.splitlines()) if row]
    return [_room(*pair) for pair in zip(rows[::2], rows[1::2], strict=False)]


def _room(size: re.Match[str], count: re.Match[str]) -> Room:
    known = count[1] not in ("-", "0") and count[2].isdigit()
    return Room(size[3], int(size[2]) if size[2].isdigit() else 0, int(count[2]) if known else None)
