"""How much room a filesystem of a host has."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from gonogo.deploy.errors import GonogoError, explained
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.noun import Noun

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


class Filesystem(Noun):
    """The filesystem on which a path of a host lies, or would lie.

    >>> host.filesystem("/srv/shop").room
    Room(mounted='/', free=78330720256, inodes=16255511)
    """

    @asked("disk.free")
    def room(self) -> Room:
        """The room for users without privileges, as ``df -P`` tells it in the form that POSIX fixes.

        Raises GonogoError where ``df`` does not tell.
        """
        result = self.connection.run(f"for name in {shlex.join(self._names)}; do {ASK}; done")
        if not result.ok:
            why = explained(result.error_text, "df said nothing")
            raise GonogoError(f"{self.machine}: the free room is not known: {why}")
        room = parse(result.text)
        if room is None:
            raise GonogoError(f"{self.machine}: the free room is not known: df printed no table")
        return room


def parse(text: str) -> Room | None:
    """Return the filesystem of two tables, of its bytes and of its inodes; None for anything else."""
    rows = [row for row in map(ROW.fullmatch, text.splitlines()) if row]
    return _room(*rows) if len(rows) == 2 else None


def _room(size: re.Match[str], count: re.Match[str]) -> Room:
    known = count[1] not in ("-", "0") and count[2].isdecimal()
    return Room(size[3], int(size[2]) if size[2].isdecimal() else 0, int(count[2]) if known else None)


def mb(size: float) -> str:
    """Return bytes for a message, in MB or GB of 10^6 and 10^9 bytes."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
