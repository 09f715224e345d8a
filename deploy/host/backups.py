"""The backups that a host has, and whether it has the tool that makes them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Literal, get_args

from gonogo.deploy.errors import GonogoError, explained
from gonogo.deploy.host import foreign
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.noun import Noun

State = Literal["writable", "closed", "missing"]
STATES: dict[str, State] = {state: state for state in get_args(State)}

# Of whatever lies in the folder itself, time and size: of a folder there, those of its files, and the newest.
SUM = (
    '{ name = substr($0, index($0, "/") + 1); sub(/\\/.*/, "", name) } '
    '$1 == "f" { size[name] += $3; if ($2 > time[name]) time[name] = $2 } '
    '$1 != "f" && !(name in size) { size[name] = 0; made[name] = $2 } '
    "END { for (name in size) "
    'printf "%d %d %s\\n", (name in time ? time[name] : made[name]), size[name], name }'
)
FOLDER = (
    'cd "$folder" 2>/dev/null || { [ -e "$folder" ] && echo closed || echo missing; exit 0; }; '
    "[ -w . ] && echo writable || echo closed; date +%s; "
    f"find . -mindepth 1 -printf '%y %T@ %s /%P\\n' 2>/dev/null | awk '{SUM}'"
)


@dataclass(frozen=True)
class Backup:
    """A file or folder of the backup folder: its name, its size in bytes, its age in seconds."""

    name: str
    size: int
    age: float


@dataclass(frozen=True)
class Listing:
    """The backup folder: ``closed`` is one that is there and cannot be written to. Newest backup first."""

    folder: str
    state: State
    found: tuple[Backup, ...] = ()


class Backups(Noun):
    """A folder of backups on a host; a second name, of the target, says whose backups ``foreign`` looks at.

    >>> host.backups("/srv/shop/.deploy/backups").listing.found[0].age
    3600.0
    """

    @asked("path.private")
    def foreign(self) -> list[str]:
        """What of the folder, of the backups in it and of the way there is not the login's alone."""
        folder, target = self._names
        return self.connection.check(foreign.script(folder, foreign.backups(target))).text.splitlines()

    @asked("backup.destination")
    def listing(self) -> Listing:
        """What the folder holds; raises GonogoError where it cannot be looked at."""
        folder, *_ = self._names
        result = self.connection.run(f"folder={shlex.quote(folder)}; {FOLDER}")
        listing = parse(folder, result.text)
        if listing is None:
            why = explained(result.error_text, "nothing was answered")
            raise GonogoError(f"{self.machine}: the backups in {folder} cannot be looked at: {why}")
        return listing


class Mongodump(Noun):
    """``mongodump`` in a container of a host, or beside it; an empty name means that there is no container.

    >>> host.mongodump("shop-db-1").where
    'container'
    """

    @asked("backup.tool")
    def where(self) -> str:
        """Where it is: "host", "container" or "" for nowhere.

        The host is asked first, for to start a process in a container takes longer than all else that
        preflight asks.
        """
        (container,) = self._names
        inside = (
            f"docker exec -- {shlex.quote(container)} mongodump --version >/dev/null 2>&1 && echo container"
        )
        more = f" || {{ {inside}; }}" if container else ""
        return self.connection.run(f"command -v mongodump >/dev/null && echo host{more} || :").text.strip()


def parse(folder: str, text: str) -> Listing | None:
    """Return what FOLDER printed; None for what is no answer to it."""
    said, *lines = text.split("\n")
    state = STATES.get(said)
    if state is None:
        return None
    if not lines or not lines[0].isdecimal():
        return Listing(folder, state)
    rows = [line.split(" ", 2) for line in lines[1:]]
    backups = [
        Backup(row[2], int(row[1]), float(int(lines[0]) - int(row[0])))
        for row in rows
        if len(row) == 3 and row[0].isdecimal() and row[1].isdecimal()
    ]
    return Listing(folder, state, tuple(sorted(backups, key=lambda backup: (backup.age, backup.name))))
