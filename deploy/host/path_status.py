"""What lies at paths of the target: a file or a folder, whose, and what the login may do with it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.ssh.connection import Connection

NOTHING = "none"
# stat(1) -L follows symbolic links: what Compose reads is what they lead to.
ONE = (
    "line=$(stat -Lc '%F:%U:%a' -- \"$name\" 2>/dev/null) && "
    'for may in r w x; do test -$may "$name" && line="$line:$may"; done || true; '
    f'echo "${{line:-{NOTHING}}}"'
)
OTHERS = 0o077
"""Permission bits of the group and of everybody."""


@dataclass(frozen=True)
class Place:
    """What lies at a path: ``kind`` in the words of stat(1), its owner, its permission bits.

    ``readable``, ``writable``, ``searchable``: what the login may do.
    """

    kind: str
    owner: str
    mode: int
    readable: bool = False
    writable: bool = False
    searchable: bool = False

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.kind == "directory"

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file, an empty one too."""
        return self.kind.startswith("regular ")

    @property
    def private(self) -> bool:
        """Whether nobody but the owner (and root) may do anything with it."""
        return not self.mode & OTHERS

    @property
    def told(self) -> str:
        """Its kind, owner and mode for a message, such as ``a directory of deploy, mode 0755``."""
        return f"a {self.kind} of {self.owner}, mode {self.mode:04o}"


def places(connection: Connection, paths: Iterable[str]) -> dict[str, Place]:
    """Return what lies at each path of the target; what does not exist is left out. Raises GonogoError."""
    asked = list(dict.fromkeys(paths))
    if not asked:
        return {}
    result = connection.run(f"for name in {shlex.join(asked)}; do {ONE}; done")
    lines = result.text.splitlines()
    if not result.ok or len(lines) != len(asked):
        raise GonogoError(f"{connection.host}: `stat` does not work there: install GNU coreutils")
    return parse(asked, lines)


def parse(asked: Iterable[str], lines: Iterable[str]) -> dict[str, Place]:
    """Return what the lines say of the paths that were asked for, in their order."""
    found = {}
    for path, line in zip(asked, lines, strict=True):
        if line != NOTHING:
            kind, owner, mode, *may = line.split(":")
            found[path] = Place(kind, owner, int(mode, 8), "r" in may, "w" in may, "x" in may)
    return found
