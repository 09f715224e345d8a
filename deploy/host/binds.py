"""What lies at the paths of a target that containers mount, and whether it can be written to there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from gonogo.deploy.errors import GonogoError, explained
from gonogo.deploy.ssh.connection import Connection

Kind = Literal["file", "folder", "other", "missing", "unseen"]

# The eleventh character of ls is + where an access control list goes beyond owner, group and mode.
ONE = (
    "stat -Lc '%f %u %g' -- \"$name\" 2>&1; printf '\\0'; ls -Ldn -- \"$name\" 2>/dev/null | cut -c 11; "
    "printf '\\0'; readlink -f -- \"$name\"; printf '\\0'"
)
MOUNTS = "awk '{ print $5, $6, substr($NF, 1, 2) }' /proc/self/mountinfo"
"""proc(5): the mount point, its own options, and the first of its filesystem's, which is ro or rw."""

TYPES: dict[int, Kind] = {0o100000: "file", 0o040000: "folder"}
ESCAPED = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True)
class Bind:
    """What a path of the target is; links are followed, and ``real`` is where they lead.

    ``unseen``: the login may not look there. ``other``: a socket or a device. ``mode``: the permission bits;
    ``more``: an access control list says more than they do. ``read_only``: its filesystem is.
    """

    kind: Kind
    owner: int = 0
    group: int = 0
    mode: int = 0
    more: bool = False
    real: str = ""
    read_only: bool = False

    def writable(self, user: int, group: int | None) -> bool:
        """Return whether the mode lets a user write here; ``group`` None: not known, and then believed."""
        if user == 0 or self.more or self.kind in ("missing", "unseen", "other"):
            return True
        needed = 0o3 if self.kind == "folder" else 0o2
        if user == self.owner:
            return self.mode >> 6 & needed == needed
        if group is None:
            return any(self.mode >> shift & needed == needed for shift in (3, 0))
        return self.mode >> (3 if group == self.group else 0) & needed == needed


def binds(connection: Connection, paths: Iterable[str]) -> dict[str, Bind]:
    """Return what each of the absolute ``paths`` is on the target; raises GonogoError."""
    names = sorted(set(paths))
    if not names:
        return {}
    result = connection.run(f"{MOUNTS} && for name in {shlex.join(names)}; do printf '\\0'; {ONE}; done")
    found = parse(names, result.text)
    if not found:
        why = explained(result.error_text, "nothing was answered")
        raise GonogoError(f"{connection.host}: what the stack mounts cannot be looked at: {why}")
    return found


def parse(names: list[str], text: str) -> dict[str, Bind]:
    """Return what ``binds`` was answered, in the order of ``names``; empty for what is no answer to it."""
    table, *fields = text.split("\0")
    mounts = dict(row for line in table.splitlines() if (row := _mount(line)))
    fields = fields[: len(names) * 4]
    if not mounts or len(fields) != len(names) * 4:
        return {}
    rows = zip(names, fields[0::4], fields[1::4], fields[2::4], strict=True)
    return {name: _bind(name, said, more, real, mounts) for name, said, more, real in rows}


def _bind(name: str, said: str, more: str, real: str, mounts: dict[str, bool]) -> Bind:
    real = real.removesuffix("\n") or name
    mounted = max((point for point in mounts if within(real, point)), key=len, default="/")
    read_only = mounts.get(mounted, False)
    match = re.fullmatch(r"([0-9a-f]+) (\d+) (\d+)\n?", said)
    if not match:
        kind: Kind = "missing" if "No such file" in said or "Not a directory" in said else "unseen"
        return Bind(kind, real=real, read_only=read_only)
    bits = int(match[1], 16)
    kind = TYPES.get(bits & 0o170000, "other")
    return Bind(kind, int(match[2]), int(match[3]), bits & 0o777, more.strip() == "+", real, read_only)


def within(path: str, folder: str) -> bool:
    """Return whether an absolute path is a folder or lies in it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _mount(line: str) -> tuple[str, bool] | None:
    words = line.split(" ")
    if len(words) != 3:
        return None
    # proc(5): space, tab, newline and backslash in a mount point are written as three octal digits.
    point = ESCAPED.sub(lambda match: chr(int(match[1], 8)), words[0])
    return point, "ro" in (*words[1].split(","), words[2])
