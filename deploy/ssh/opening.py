"""An opening: the way to a target while it is being opened, and the shells that will be asked."""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path

from gonogo.deploy.ssh.channel import Channel, Gone, Late
from gonogo.deploy.ssh.framing import Request
from gonogo.deploy.ssh.pool import Pool
from gonogo.deploy.ssh.reachable import Reachable
from gonogo.deploy.ssh.shell import Shell, greet
from gonogo.deploy.ssh.transport import LocalTransport, SshTransport, Transport

PAUSE_S = 0.005


def opened(target: Reachable, control_path: Path | None = None, shells: int = 1) -> Opening:
    """Begin to open the way to a target and return at once; raises UsageError for a host that is none.

    ``shells``: so many are opened at once, for whoever is going to ask much at the same time.
    """
    seconds = target.thresholds.connect_timeout_s
    transport: Transport = (
        LocalTransport()
        if target.host == "local"
        else SshTransport(target.host, target.ssh.config_file, seconds, control_path)
    )
    # Twice: the time limit of ssh ends with the key exchange; the login comes after it.
    return Opening(transport, 2 * seconds, shells)


class Opening:
    """Starts the first shell at once, and others as soon as there is a master."""

    def __init__(self, transport: Transport, seconds: float, shells: int = 1) -> None:
        """Begin; ``seconds`` is how long a login may take. Nothing is waited for, and nothing raised."""
        self.transport, self._seconds = transport, seconds
        self._pool: Pool | None = None
        self._ready: list[Shell] = []
        self._lock = threading.Lock()
        self._greeted = threading.Event()
        self._closed = False
        self._first: Shell | None = None
        self._error: Exception | None = None
        self._channels: list[Channel] = []
        try:
            first = self._start(transport.first())
        except OSError as error:
            self._error = error
            self._greeted.set()
            return
        threading.Thread(target=self._open, args=first, daemon=True).start()
        for _ in range(shells - 1):
            threading.Thread(target=self._more, daemon=True).start()

    def first(self) -> Shell:
        """Return the first shell once somebody answered; raises Gone, Late or OSError when nobody did."""
        self._greeted.wait()
        if self._error:
            raise self._error.with_traceback(None)
        assert self._first
        return self._first

    def hand_over(self, pool: Pool) -> None:
        """Let the pool have the shells, each as soon as it has answered."""
        with self._lock:
            self._pool = pool
            ready, self._ready = self._ready, []
        for shell in ready:
            pool.give(shell)

    def close(self) -> None:
        """End what no pool has."""
        self._closed = True
        for channel in self._channels:
            channel.hang_up()
        for channel in self._channels:
            channel.end(0)

    def _start(self, argv: list[str]) -> tuple[Channel, Request]:
        channel, greeting = Channel(argv), greet()
        self._channels.append(channel)
        channel.send(greeting.for_shell(None))
        return channel, greeting

    def _open(self, channel: Channel, greeting: Request) -> None:
        try:
            self._first = Shell(channel, greeting, self._seconds)
        except (Gone, Late, OSError, ValueError) as error:
            self._error = error
        finally:
            self._greeted.set()
        if self._first:
            self._hand(self._first)

    def _more(self) -> None:
        # Whoever needs a shell that could not be opened here tries again, and is given the cause.
        with contextlib.suppress(Gone, Late, OSError, ValueError):
            if self._has_master():
                self._hand(Shell(*self._start(self.transport.shell()), self._seconds))

    def _has_master(self) -> bool:
        path: Path | None = self.transport.control_path
        while path and not path.exists():
            if self._error or self._closed:
                return False
            time.sleep(PAUSE_S)
        return not self._error and not self._closed

    def _hand(self, shell: Shell) -> None:
        with self._lock:
            pool = self._pool
            if pool is None:
                self._ready.append(shell)
        if pool:
            pool.give(shell)
