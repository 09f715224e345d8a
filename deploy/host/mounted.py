"""What containers see of the files that they mount, beside what the host has at the same paths.

A bind mount holds on to the file itself, not to its path: a file that an editor or `mv` replaced is another
one, and the container keeps the one of before (proc(5): ``//deleted``, or another path).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gonogo.deploy.errors import GonogoError, explained
from gonogo.deploy.host.binds import TYPES, Kind, within
from gonogo.deploy.ssh.connection import Connection

TABLE = "awk '{ print $3, $4, $5, $(NF - 1) }'"
"""proc(5), mountinfo: the device, the path within its filesystem, where it is mounted, and its source."""
GONE = "//deleted"
ESCAPED = re.compile(r"\\([0-7]{3})")
KINDS = 0o170000


class Place(NamedTuple):
    """Where a file or folder lies: its device, its path within that, and what was mounted from there."""

    device: str = ""
    path: str = ""
    source: str = ""


NOWHERE = Place()


@dataclass(frozen=True)
class Mounted:
    """What the host has at a path: where links lead, when its content changed last, and what it is.

    ``changed``: seconds of the epoch.
    """

    real: str
    kind: Kind = "missing"
    changed: float = 0.0
    at: Place = NOWHERE


@dataclass(frozen=True)
class Mounts:
    """The paths that were asked for, and by container's id where each of its mounts comes from.

    A container that does not run, or whose mounts the login may not see, is left out.
    """

    paths: dict[str, Mounted] = field(default_factory=dict)
    seen: dict[str, dict[str, Place]] = field(default_factory=dict)

    def another(self, container: str, place: str, path: str) -> bool:
        """Return whether a container has another file or folder at a place than the host has at a path.

        No where that cannot be told: what is mounted anew from the same source, as a network share is, has
        another device and may hold the same.
        """
        has, here = self.seen.get(container, {}).get(place), self.paths.get(path)
        if has is None or here is None or not here.at.device:
            return False
        if has.path.endswith(GONE):
            return True
        if has.device != here.at.device:
            return has.source != here.at.source
        return has.path != here.at.path


def mounts(connection: Connection, paths: Collection[str], containers: Collection[str]) -> Mounts:
    """Return what the host has at absolute ``paths``, and what the containers see; raises GonogoError."""
    if not paths:
        return Mounts()
    names, ids = sorted(set(paths)), sorted(set(containers))
    one = "stat -Lc '%f %Y' -- \"$name\" 2>/dev/null; printf '\\0'; readlink -f -- \"$name\"; printf '\\0'"
    pid = "$(docker inspect --type container -f '{{.State.Pid}}' \"$id\" 2>/dev/null)"
    seen = f'for id in {shlex.join(ids)}; do pid={pid}; {TABLE} "/proc/$pid/mountinfo" 2>/dev/null; '
    lines = [
        f"{TABLE} /proc/self/mountinfo; printf '\\0'",
        f"for name in {shlex.join(names)}; do {one}; done",
        *([seen + "printf '\\0'; done"] if ids else []),
    ]
    result = connection.run("; ".join(lines))
    table, *fields = result.text.split("\0")
    if not table.strip() or len(fields) < 2 * len(names) + len(ids):
        why = explained(result.error_text, "nothing was answered")
        raise GonogoError(f"{connection.host}: what the containers mount cannot be looked at: {why}")
    own, rest = parse(table), fields[2 * len(names) :]
    rows = zip(names, fields[0::2], fields[1::2], strict=False)
    found = {name: _mounted(name, said, real, own) for name, said, real in rows}
    return Mounts(found, {one: parse(text) for one, text in zip(ids, rest, strict=False) if text.strip()})


def parse(table: str) -> dict[str, Place]:
    """Return where each mount point lies, in what TABLE printed."""
    rows = (line.split(" ") for line in table.splitlines())
    return {_plain(row[2]): Place(row[0], _plain(row[1]), _plain(row[3])) for row in rows if len(row) == 4}


def _mounted(name: str, said: str, real: str, own: Mapping[str, Place]) -> Mounted:
    real = real.removesuffix("\n") or name
    point = max((point for point in own if within(real, point)), key=len, default="")
    root = own.get(point, NOWHERE)
    rest = real.removeprefix(point).strip("/")
    at = root._replace(path=f"{root.path.rstrip('/')}/{rest}") if rest else root
    words = said.split()
    if len(words) != 2:
        return Mounted(real, at=at)
    kind = TYPES.get(int(words[0], 16) & KINDS, "other")
    return Mounted(real, kind, float(words[1]), at)


def _plain(text: str) -> str:
    return ESCAPED.sub(lambda match: chr(int(match[1], 8)), text)
