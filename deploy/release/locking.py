"""Locking a target: one release at a time, with signs of life for as long as it takes."""

from __future__ import annotations

import contextlib
import getpass
import os
import secrets
import shlex
import socket
import threading

from gonogo.deploy.errors import GonogoError, explained
from gonogo.deploy.host import foreign
from gonogo.deploy.release import formats, journal, records
from gonogo.deploy.release.lock import Held, Holder, look, way_out
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target import Target

HELD, FOREIGN, NEWER = 17, 40, 41
"""Exit statuses of our own script: the lock is held (EEXIST of errno(3)); the folder is not ours alone; a
later version of gonogo wrote into it."""

BEAT_S = 20.0
"""Seconds between two signs of life of who holds the lock: the file's time of change."""


class Locked(GonogoError):
    """Somebody else deploys to this target; the message names who, and since when."""

    exit_code = 6


class Lock:
    """The lock, held from ``take`` to ``give_back``; meanwhile it shows signs of life every BEAT_S.

    ``connection``: what the target is asked over; another one may take its place.
    """

    def __init__(self, connection: Connection, target: Target, version: str) -> None:
        self.run = secrets.token_hex(8)
        self._over = threading.Event()
        self.connection, self._target, self._version = connection, target, version
        self._folder = shlex.quote(str(target.deploy_path))
        self._file = shlex.quote(str(target.deploy_path / "lock"))
        self._made = False
        self.held = False

    def take(self) -> bool:
        """Take the lock; False when the target has no folder to hold it, which preflight will report.

        The file is made with O_EXCL (``set -C`` in sh), so of two at once one alone succeeds. Where it cannot
        be written then, as on a full disk, it is removed again: it would lock everybody out.

        Raises Locked when somebody holds it, Newer where a later version of gonogo wrote into the folder,
        GonogoError when it cannot be written. Where the connection is lost meanwhile, it counts as held, for
        it may be.
        """
        holder = Holder(
            format=formats.FORMAT,
            who=getpass.getuser(),
            machine=socket.gethostname(),
            pid=os.getpid(),
            version=self._version,
            since=records.now().isoformat(timespec="seconds"),
            run=self.run,
        )
        script = self._script()
        self.held = True
        result = self.connection.run(script, stdin=holder.model_dump_json().encode(), mutates=True)
        self.held = result.ok and "absent" not in result.text
        if result.exit_status == HELD:
            raise Locked(self._told())
        if result.exit_status == NEWER:
            raise formats.Newer(
                formats.worded(f"{self.connection.host}: what lies in {self._target.deploy_path}")
            )
        if result.exit_status == FOREIGN:
            raise foreign.refused(self.connection.host, result.error_text.splitlines())
        if not result.ok:
            why = explained(result.error_text)
            raise GonogoError(f"{self.connection.host}: the lock cannot be written: {why}")
        self._made = "made" in result.text
        if self.held:
            threading.Thread(target=self._beat, daemon=True, name="gonogo-lock").start()
        return self.held

    def _script(self) -> str:
        place, path = self._target.deploy_path, shlex.quote(str(self._target.path))
        newest = formats.newest(place, journal.FILE, (records.RECORD, records.BASELINE))
        return (
            f"[ -d {path} ] && [ -w {path} ] || {{ echo absent; exit 0; }}; umask 077; "
            f"found=$({foreign.script(str(place))}); "
            f'[ -z "$found" ] || {{ printf "%s\\n" "$found" >&2; exit {FOREIGN}; }}; '
            f"if mkdir {self._folder} 2>/dev/null; then echo made; else echo kept; fi; "
            f"[ ! -e {self._file} ] || exit {HELD}; "
            f'newest=$({newest}); [ "${{newest:-0}}" -le {formats.FORMAT} ] || exit {NEWER}; set -C; '
            f"true > {self._file} || {{ [ ! -e {self._file} ] || exit {HELD}; exit 1; }}; set +C; "
            f"cat > {self._file} || {{ rm -f {self._file}; exit 1; }}"
        )

    def _beat(self) -> None:
        while not self._over.wait(BEAT_S):
            with contextlib.suppress(GonogoError):
                self.connection.run(f"{self._ours} && touch -c {self._file}", live=True)

    def is_ours(self, connection: Connection) -> bool:
        """Return whether it is still this run's, asked over ``connection``; raises GonogoError."""
        return self.held and connection.run(self._ours, live=True).ok

    @property
    def _ours(self) -> str:
        # Somebody may have taken it away, and somebody else have taken it: theirs is not ours to touch.
        return f"grep -qF {self.run} {self._file} 2>/dev/null"

    def give_back(self, *, untouched: bool = False) -> None:
        """Remove the lock; ``untouched``: and the folder that ``take`` made, if nothing else is in it."""
        if not self.held:
            return
        self._over.set()
        clean = f"; rmdir {self._folder} 2>/dev/null || true" if untouched and self._made else ""
        self.connection.check(f"if {self._ours}; then rm -f {self._file}; fi{clean}", mutates=True)
        self.held = False

    def _told(self) -> str:
        found = look(self.connection, self._target.deploy_path) or Held()
        return f"{self.connection.host}: {found.told}: {way_out(self._target, found)}"
