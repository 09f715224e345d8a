"""A session: one command in a process of its own, with standard input of any size."""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from typing import BinaryIO

from gonogo.deploy.errors import CommandTimeout
from gonogo.deploy.ssh.channel import Channel, Gone
from gonogo.deploy.ssh.framing import KILL_GRACE_S, Clock, Request, with_timeout
from gonogo.deploy.ssh.shell import SLACK_S, TIMEOUT_STATUSES, Result

_PIECE = 1 << 18


class Feeder(threading.Thread):
    """Copies ``source`` into a descriptor; ``error``: what reading it or ``on_bytes`` raised, if anything."""

    def __init__(
        self, channel: Channel, first: bytes, source: BinaryIO | None, on_bytes: Callable[[int], None] | None
    ) -> None:
        super().__init__(daemon=True, name="gonogo-feeder")
        self._channel, self._stdin = channel, channel.stdin
        self._first, self._source, self._on_bytes = first, source, on_bytes
        self.error: BaseException | None = None

    def run(self) -> None:
        """Write the first line, then the source, then the end; a reader that went away ends it silently."""
        with contextlib.suppress(OSError, ValueError):
            self._write(self._first)
            while piece := self._next():
                self._write(piece)
                self._told(len(piece))
        # An end of input would pass for the end of the data: after an error the session is ended first.
        if not self.error:
            with contextlib.suppress(OSError, ValueError):
                self._stdin.close()

    def _next(self) -> bytes:
        if self._source is None:
            return b""
        try:
            return b"" if self.error else self._source.read(_PIECE)
        except Exception as error:  # noqa: BLE001 - it is raised again where the caller waits
            self._broken(error)
            return b""

    def _told(self, count: int) -> None:
        try:
            if self._on_bytes:
                self._on_bytes(count)
        except Exception as error:  # noqa: BLE001 - as above
            self._broken(error)

    def _broken(self, error: Exception) -> None:
        self.error = error
        self._channel.given_up = True

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._stdin.fileno(), view) :]


class Session:
    """One command behind ``argv``, which runs ``framing.SESSION``. Close it."""

    def __init__(self, argv: Sequence[str], command: str, clock: Clock, timeout: float) -> None:
        """Start the session, in which ``command`` may take ``timeout`` seconds; OSError when it cannot be."""
        self._command, self._clock, self._timeout = command, clock, timeout
        self._request = Request(secrets.token_hex(16), with_timeout(command, timeout, clock))
        self._channel = Channel(argv)
        self._feeder: Feeder | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the session's shell on the target, once that has begun."""
        told = self._channel.answers[0].pid
        return int(told) if told else None

    def run(
        self,
        stdin: BinaryIO | None = None,
        on_bytes: Callable[[int], None] | None = None,
        to: Callable[[bytes], None] | None = None,
    ) -> Result:
        """Feed the command from ``stdin`` and return its Result; ``on_bytes`` hears the size of each piece.

        ``to`` is given the standard output in pieces as they come; the Result then has none.

        Raises CommandTimeout when the far side ended the command, Late when it did not in time, Gone when the
        session ended without an answer, and what reading ``stdin`` or ``on_bytes`` raised.
        """
        __tracebackhide__ = True
        begun = time.monotonic()
        self._feeder = feeder = Feeder(self._channel, self._request.for_session(), stdin, on_bytes)
        feeder.start()
        guarded = self._clock != "none"
        limit = self._timeout + (KILL_GRACE_S + SLACK_S if guarded else 0)
        try:
            status, out, err = self._channel.receive(self._request.number, limit, to)
        except Gone:
            if feeder.error is not None:
                raise feeder.error from None
            raise
        seconds = time.monotonic() - begun
        if status in TIMEOUT_STATUSES and seconds >= self._timeout and guarded:
            raise CommandTimeout
        return Result(self._command, status, out, err, seconds)

    def close(self) -> None:
        """End the session's process."""
        self._channel.end(patience=0.2)
        if self._feeder:
            self._feeder.join(1.0)
            if self._feeder.error:
                with contextlib.suppress(OSError):
                    self._channel.stdin.close()
        self._channel.close_streams()
