"""The shells of one connection: one from the start, more when several threads ask at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable

from gonogo.deploy.errors import ConnectionFailed
from gonogo.deploy.ssh.channel import Gone, Late
from gonogo.deploy.ssh.shell import Shell
from gonogo.deploy.ssh.transport import Transport

MOST_SHELLS = 4
"""Shells at a time; sshd allows 10 sessions a connection by default (MaxSessions in sshd_config(5))."""


class Pool:
    """Hands shells out to one thread each. ``failure``: why the connection is unusable."""

    def __init__(
        self, transport: Transport, first: Shell, seconds: float, worded: Callable[[str], str]
    ) -> None:
        """Begin with the ``first`` shell, which is busy; ``seconds``: how long opening another may take.

        ``worded`` returns the sentence that tells why the connection is lost, by its cause.
        """
        self._worded = worded
        self._transport = transport
        self._seconds = seconds
        self._first = first
        self._shells = {first}
        self._idle: list[Shell] = []
        self._most = MOST_SHELLS
        self._opening = 0
        self._changed = threading.Condition()
        self._closed = False
        self.failure: str | None = None

    def take(self) -> Shell:
        """Return a shell for the calling thread alone; raises ConnectionFailed when there can be none."""
        with self._changed:
            while True:
                if self.failure:
                    raise ConnectionFailed(self.failure)
                if self._idle:
                    return self._idle.pop()
                if len(self._shells) + self._opening < self._most:
                    self._opening += 1
                    break
                self._changed.wait()
        return self._open() or self.take()

    @property
    def has_idle(self) -> bool:
        """Whether a shell waits for a command."""
        return bool(self._idle)

    def _open(self) -> Shell | None:
        try:
            shell = Shell.open(self._transport.shell(), self._seconds)
        except (Gone, Late, OSError) as error:
            cause = self._transport.broken()
            with self._changed:
                self._opening -= 1
                self._most = len(self._shells)
                if cause is None and self._most == 0:
                    cause = f"no further session could be opened ({error or 'no answer'})"
                self.failure = self.failure or (self._worded(cause) if cause else None)
                self._changed.notify_all()
            return None
        with self._changed:
            self._opening -= 1
            if not self.failure:
                self._shells.add(shell)
                return shell
        shell.close()
        return None

    def give(self, shell: Shell) -> None:
        """Take a shell that is ready for the next command, back or for the first time."""
        with self._changed:
            if self._closed:
                shell.close()
                return
            self._shells.add(shell)
            self._idle.append(shell)
            self._changed.notify()

    def retire(self, shell: Shell) -> None:
        """Drop a shell that does not answer; the first one may hold the master, so it stays open."""
        with self._changed:
            self._shells.discard(shell)
            self._changed.notify_all()
        if shell is not self._first or self.failure:
            shell.close()

    def fail(self, cause: str) -> str:
        """Make ``cause`` the one cause for all, unless there is one already; return the one that counts."""
        with self._changed:
            self.failure = self.failure or cause
            self._changed.notify_all()
            return self.failure

    def busy(self) -> list[Shell]:
        """Return the shells that run a command now."""
        with self._changed:
            return [shell for shell in self._shells if shell not in self._idle]

    def close(self) -> None:
        """End all shells, the first one last; once, after ``fail``. Who has a busy one closes its streams."""
        busy = self.busy()
        with self._changed:
            self._closed = True
            mine = [shell for shell in self._idle if shell is not self._first]
            self._shells, self._idle = set(), []
        for shell in busy:
            shell.channel.end(0)
        if self._first not in busy:
            mine.append(self._first)
        # All at once: over a slow line each takes a round trip to go.
        for shell in mine:
            shell.channel.hang_up()
        for shell in mine:
            shell.channel.close(0)
