"""The lock of a target: who holds it, and since when. It lies there, so it holds for every machine."""

from __future__ import annotations

import os
import shlex
import socket
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.noun import Noun
from gonogo.deploy.release import formats
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target import target_file
from gonogo.deploy.target.target import Target

LAST_PID = 2**31 - 1
"""The largest number that kill(2) takes for a process."""
LONGEST = 300
"""Characters of what a lock says of its holder."""
SILENT_S = 120.0
"""Seconds without a sign of life after which a holder counts as dead."""


def _shown(value: str) -> str:
    if not value.isprintable() or len(value) > LONGEST:
        raise ValueError("expected a short text that can be printed")
    return value


Shown = Annotated[str, AfterValidator(_shown)]


class Holder(BaseModel):
    """Who holds a lock, for what, and since when. ``run`` tells two runs of one process apart.

    ``format``: see ``formats``.
    """

    model_config = ConfigDict(extra="forbid")
    format: int = 1
    who: Shown
    machine: Shown
    pid: int = Field(ge=1, le=LAST_PID)
    version: Shown
    since: Shown
    run: str = Field("", pattern=r"^([0-9a-f]{16})?$")


@dataclass(frozen=True)
class Held:
    """A lock that lies on the target; ``holder`` is None where it cannot be read.

    ``gone``: it was taken on this very machine, by a process that is no more; ``here``: by one that lives.
    ``silent``: seconds since its last sign of life, by the target's clock. ``newer``: a later version of
    gonogo took it, and only that can tell more.
    """

    holder: Holder | None = None
    gone: bool = False
    here: bool = False
    silent: float = 0.0
    newer: bool = False

    @property
    def dead(self) -> bool:
        """Whether nobody is there any more who could give it back."""
        # A clock on the target that jumps makes the living look silent; here, who lives is known.
        return self.gone or (self.silent > SILENT_S and not self.here and not self.newer)

    @property
    def whose(self) -> str:
        """The lock, in words, by who took it."""
        one = self.holder
        if self.newer:
            return "the lock of a later version of gonogo"
        return f"the lock of {one.who} on {one.machine}" if one else "a lock that cannot be read"

    @property
    def told(self) -> str:
        """Who holds it, where, for what and since when, in words."""
        one = self.holder
        if self.newer:
            return "the target is locked by a later version of gonogo"
        if one is None:
            return "the target is locked, by whom cannot be read"
        silent = f"; no sign of life for {self.silent / 60:.0f} min" if self.silent > SILENT_S else ""
        who = f"{one.who} on {one.machine} (pid {one.pid})"
        if self.gone:
            return f"a run of {who} for {one.version}, begun {one.since}, died and left its lock"
        return f"{who} deploys {one.version} there since {one.since}{silent}"


class Lock(Noun):
    """The lock of deployments, in a folder of a host.

    >>> host.lock("/srv/shop/.deploy").held.told
    'ada on laptop (pid 7) deploys v9 there since 2026-03-02T09:30:00+00:00'
    """

    @asked("lock.free")
    def held(self) -> Held | None:
        """Who holds it; None when nobody does. Raises GonogoError when it cannot be asked."""
        (folder,) = self._names
        return look(self.connection, PurePosixPath(folder))


def way_out(target: Target, held: Held) -> str:
    """Return what to do about a lock that is held."""
    name = target_file.called(target)
    if held.newer:
        return "wait for it, or use that version to see who holds it"
    if held.gone:
        return f"run `gonogo resume {name}`, or `gonogo unlock {name}` to leave that run as it ended"
    return f"wait for it, or, if it is dead, run `gonogo resume {name}` or `gonogo unlock {name}`"


def look(connection: Connection, folder: PurePosixPath) -> Held | None:
    """Return who holds the lock in ``folder``; None when nobody does. Raises GonogoError if not known."""
    file = shlex.quote(str(folder / "lock"))
    age = f"echo held $(( $(date +%s) - $(stat -c %Y {file}) ))"
    text = connection.check(f"if [ -e {file} ]; then {age}; cat {file} || true; fi").text
    first, _, rest = text.partition("\n")
    said, _, seconds = first.partition(" ")
    if said != "held":
        return None
    silent = float(seconds) if seconds.isdecimal() else 0.0
    if formats.is_newer(rest):
        return Held(silent=silent, newer=True)
    try:
        holder = Holder.model_validate_json(rest)
    except ValidationError:
        return Held(silent=silent)
    here, alive = holder.machine == socket.gethostname(), _alive(holder.pid)
    return Held(holder, gone=here and not alive, here=here and alive, silent=silent)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)  # signal 0 asks only whether it is there: kill(2)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def remove(connection: Connection, target: Target) -> Held | None:
    """Remove a lock, and return what it was; None when there was none. Raises GonogoError, Newer where
    a later version of gonogo took it.

    Whoever took it since it was looked at keeps it: two may find the same dead lock at the same time.
    """
    held = look(connection, target.deploy_path)
    if held and held.newer:
        raise formats.Newer(formats.worded(f"{connection.host}: the lock"))
    if held:
        file = shlex.quote(str(target.deploy_path / "lock"))
        run = held.holder.run if held.holder else ""
        same = f"grep -qsF -- {shlex.quote(run)} {file}" if run else "true"
        connection.check(f"if {same}; then rm -f -- {file}; fi", mutates=True)
    return held
