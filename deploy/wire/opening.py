"""An opening: the way to a target while it is being opened, with questions sent behind the handshake."""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path

from gonogo.deploy.errors import ConnectionFailed
from gonogo.deploy.wire.channel import Channel, Gone, Late
from gonogo.deploy.wire.framing import Request
from gonogo.deploy.wire.pool import Pool
from gonogo.deploy.wire.prefetch import Prefetch, Share
from gonogo.deploy.wire.reachable import Reachable
from gonogo.deploy.wire.shell import Shell, greet
from gonogo.deploy.wire.transport import LocalTransport, SshTransport, Transport

SHELLS = 3
"""Shells that are asked side by side; one more of the pool's is left for what was not foreseen."""
AHEAD = 2
"""Connections that are made ahead for a client: pymongo watches the server over one and asks over another."""
PAUSE_S = 0.005


def opened(target: Reachable, control_path: Path | None = None, prefetch: Prefetch | None = None) -> Opening:
    """Begin to open the way to a target and return at once; raises UsageError for a host that is none.

    ``prefetch``: questions that are sent right behind the handshake.
    """
    seconds = target.thresholds.connect_timeout_s
    transport: Transport = (
        LocalTransport()
        if target.host == "local"
        else SshTransport(target.host, target.ssh.config_file, seconds, control_path)
    )
    # Twice: the time limit of ssh ends with the key exchange; the login comes after it.
    return Opening(transport, 2 * seconds, prefetch)


class Opening:
    """Starts the first shell at once, and others when there is a master, each with its share of questions."""

    def __init__(self, transport: Transport, seconds: float, prefetch: Prefetch | None = None) -> None:
        """Begin; ``seconds`` is how long a login may take. Nothing is waited for, and nothing raised."""
        self.transport, self._seconds = transport, seconds
        self.prefetch = prefetch or Prefetch()
        self._pool: Pool | None = None
        self._ready: list[Shell] = []
        self._lock = threading.Lock()
        self._greeted = threading.Event()
        self._closed = False
        self._first: Shell | None = None
        self._error: Exception | None = None
        self._channels: list[Channel] = []
        shares = [share for share in self.prefetch.shares(SHELLS) if share.questions] or [Share([], [])]
        try:
            first = self._start(transport.first(), shares[0])
        except OSError as error:
            self._error = error
            self._greeted.set()
            return
        self._threads = [threading.Thread(target=self._open, args=(*first, shares[0]), daemon=True)]
        self._threads += [threading.Thread(target=self._more, args=(s,), daemon=True) for s in shares[1:]]
        self._threads += [threading.Thread(target=self._forward, daemon=True)] if prefetch else []
        for thread in self._threads:
            thread.start()

    def first(self) -> Shell:
        """Return the first shell once somebody answered; raises Gone, Late or OSError when nobody did."""
        self._greeted.wait()
        if self._error:
            raise self._error
        assert self._first
        return self._first

    def hand_over(self, pool: Pool) -> None:
        """Let the pool have the shells, each as soon as it has given its answers."""
        with self._lock:
            self._pool = pool
            ready, self._ready = self._ready, []
        for shell in ready:
            pool.give(shell)

    def close(self) -> None:
        """End what no pool has; whoever waits for an answer has to ask for it."""
        self._closed = True
        self.prefetch.drop()
        for channel in self._channels:
            channel.hang_up()
        for channel in self._channels:
            channel.end(0)

    def _start(self, argv: list[str], share: Share) -> tuple[Channel, Request]:
        channel, greeting = Channel(argv), greet()
        self._channels.append(channel)
        channel.send(greeting.for_shell(None) + share.data())
        return channel, greeting

    def _open(self, channel: Channel, greeting: Request, share: Share) -> None:
        try:
            self._first = Shell(channel, greeting, self._seconds)
        except (Gone, Late, OSError, ValueError) as error:
            self._error = error
            self.prefetch.drop()
            return
        finally:
            self._greeted.set()
        self._collect(self._first, share)

    def _more(self, share: Share) -> None:
        try:
            if not self._has_master():
                raise Gone("there is no master")
            shell = Shell(*self._start(self.transport.shell(), share), self._seconds)
        except (Gone, Late, OSError, ValueError):
            self.prefetch.give_up(share.questions)
            return
        self._collect(shell, share)

    def _forward(self) -> None:
        if self.prefetch.forwards and self._has_master():
            for host, port in self.prefetch.forwards:
                with contextlib.suppress(ConnectionFailed, OSError):
                    self.transport.forwards.port(host, port, AHEAD)

    def _has_master(self) -> bool:
        path: Path | None = self.transport.control_path
        while path and not path.exists():
            if self._error or self._closed:
                return False
            time.sleep(PAUSE_S)
        return not self._error and not self._closed

    def _collect(self, shell: Shell, share: Share) -> None:
        ready = self.prefetch.collect(shell, share)
        with self._lock:
            pool = self._pool
            if ready and pool is None:
                self._ready.append(shell)
                return
        if pool and ready:
            pool.give(shell)
        elif pool:
            pool.retire(shell)
        else:
            shell.close()
