"""The lock of a target: one release at a time. It lies on the target, so it holds for every machine."""

from __future__ import annotations

import getpass
import os
import shlex
import socket

from pydantic import BaseModel, ConfigDict, ValidationError

from deploy import release
from deploy.connection import Connection
from deploy.errors import GonogoError
from deploy.target import Target

HELD = 17
"""Exit status with which our own script says that the lock is held; EEXIST of errno(3)."""


class Locked(GonogoError):
    """Somebody else deploys to this target; the message names who, and since when."""

    exit_code = 6


class Holder(BaseModel):
    """Who holds a lock, for what, and since when."""

    model_config = ConfigDict(extra="forbid")
    who: str
    machine: str
    pid: int
    version: str
    since: str


class Lock:
    """The lock, held from ``take`` to ``give_back``."""

    def __init__(self, connection: Connection, target: Target, version: str) -> None:
        self._connection, self._target, self._version = connection, target, version
        self._folder = shlex.quote(str(target.deploy_path))
        self._file = shlex.quote(str(target.deploy_path / "lock"))
        self._made = False
        self.held = False

    def take(self) -> bool:
        """Take the lock; False when the target has no folder to hold it, which preflight will report.

        The file is made with O_EXCL (``set -C`` in sh), so of two at once one alone succeeds. Raises Locked
        when somebody holds it, GonogoError when it cannot be written.
        """
        path = shlex.quote(str(self._target.path))
        holder = Holder(
            who=getpass.getuser(),
            machine=socket.gethostname(),
            pid=os.getpid(),
            version=self._version,
            since=release.now().isoformat(timespec="seconds"),
        )
        script = (
            f"[ -d {path} ] && [ -w {path} ] || {{ echo absent; exit 0; }}; umask 077; "
            f"if mkdir {self._folder} 2>/dev/null; then echo made; else echo kept; fi; "
            f"[ ! -e {self._file} ] || exit {HELD}; set -C; cat > {self._file} || exit {HELD}"
        )
        result = self._connection.run(script, stdin=holder.model_dump_json().encode(), mutates=True)
        if result.exit_status == HELD:
            raise Locked(self._told())
        if not result.ok:
            last = (result.error_text.strip() or "no reason given").splitlines()[-1]
            raise GonogoError(f"{self._connection.host}: the lock cannot be written: {last}")
        self._made = "made" in result.text
        self.held = "absent" not in result.text
        return self.held

    def give_back(self, *, untouched: bool = False) -> None:
        """Remove the lock; ``untouched``: and the folder that ``take`` made, if nothing else is in it."""
        if not self.held:
            return
        clean = f"; rmdir {self._folder} 2>/dev/null || true" if untouched and self._made else ""
        self._connection.check(f"rm -f {self._file}{clean}", mutates=True)
        self.held = False

    def _told(self) -> str:
        holder = read(self._connection, self._target)
        if holder is None:
            return f"{self._connection.host}: the target is locked, by whom cannot be read: {self._way_out()}"
        return (
            f"{self._connection.host}: {holder.who} on {holder.machine} (pid {holder.pid}) deploys "
            f"{holder.version} there since {holder.since}: {self._way_out()}"
        )

    def _way_out(self) -> str:
        return f"wait for it, or, if it is dead, run `gonogo unlock {self._target.name}`"


def read(connection: Connection, target: Target) -> Holder | None:
    """Return who holds the lock; None when nobody does, or when that cannot be read."""
    result = connection.run(f"cat -- {shlex.quote(str(target.deploy_path / 'lock'))}")
    try:
        return Holder.model_validate_json(result.stdout) if result.ok else None
    except ValidationError:
        return None


def remove(connection: Connection, target: Target) -> Holder | None:
    """Remove a lock whose holder is dead, and return who held it; None when nobody did."""
    holder = read(connection, target)
    connection.check(f"rm -f -- {shlex.quote(str(target.deploy_path / 'lock'))}", mutates=True)
    return holder
