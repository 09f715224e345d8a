"""How much room the filesystems of the target have."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from deploy.connection import Connection
from deploy.errors import GonogoError

GB = 1_000_000_000


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
    return parse(result.text)


def parse(text: str) -> list[Room]:
    """Return the filesystems of the two tables that ``rooms`` asks for."""
    sizes, _, counts = text.partition("---\n")
    inodes = {row[-1]: row for row in _rows(counts)}
    found: dict[str, Room] = {}
    for row in _rows(sizes):
        mounted = row[-1]
        total, free = (inodes.get(mounted, ["", "0", "", "0"])[index] for index in (1, 3))
        known = total.isdigit() and int(total) > 0 and free.isdigit()
        found[mounted] = Room(mounted, int(row[3]), int(free) if known else None)
    return list(found.values())


def _rows(table: str) -> list[list[str]]:
    return [row for line in table.splitlines()[1:] if len(row := line.split(None, 5)) == 6]
