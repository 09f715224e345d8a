"""How much room the filesystems of the target have."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from deploy.connection import Connection
from deploy.errors import GonogoError

GB = 1_000_000_000
ROW = re.compile(r".+?\s+(\d+|-)\s+(?:\d+|-)\s+(\d+|-)\s+(?:\d+%|-)\s+(/.*)")
"""A row of ``df -P``: total, free, mount point; a device's or a mount point's name may hold spaces."""


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


def rooms(connection: Connection, paths: Sequence[str]) -> list[Room]:
    """Return the filesystems on which ``paths`` lie, each once; raises GonogoError for a missing path.

    ``df -P`` is the form that POSIX fixes; its numbers are for users without privileges.
    """
    names = shlex.join(paths)
    result = connection.run(f"df -PB1 -- {names} && echo --- && df -Pi -- {names}")
    if not result.ok:
        last = (result.error_text.strip() or "df said nothing").splitlines()[-1]
        raise GonogoError(f"{connection.host}: the free room is not known: {last}")
    found = parse(result.text)
    if not found:
        raise GonogoError(f"{connection.host}: the free room is not known: df printed no table")
    return found


def parse(text: str) -> list[Room]:
    """Return the filesystems of the two tables that ``rooms`` asks for."""
    sizes, _, counts = text.partition("\n---\n")
    inodes = {mounted: (total, free) for total, free, mounted in _rows(counts)}
    found: dict[str, Room] = {}
    for _, free, mounted in _rows(sizes):
        total, left = inodes.get(mounted, ("-", "-"))
        known = total not in ("-", "0") and left.isdigit()
        found[mounted] = Room(mounted, int(free) if free.isdigit() else 0, int(left) if known else None)
    return list(found.values())


def _rows(table: str) -> list[tuple[str, str, str]]:
    rows = (ROW.fullmatch(line) for line in table.splitlines())
    return [(row[1], row[2], row[3]) for row in rows if row]
