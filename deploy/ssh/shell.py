"""A persistent POSIX shell, here or behind ssh, that is fed one framed request at a time."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast, get_args

from gonogo.deploy.errors import CommandTimeout
from gonogo.deploy.ssh.channel import Channel, Gone, Late
from gonogo.deploy.ssh.framing import INLINE_STDIN, KILL_GRACE_S, PREAMBLE, Clock, Request, with_timeout

SLACK_S = 3.0
"""Seconds beyond a command's own limit in which the far side may report that it ended the command."""

TIMEOUT_STATUSES = (124, 137, 143)
"""What timeout(1) exits with: after TERM, after it had to KILL, and what BusyBox's does after TERM."""


@dataclass(frozen=True)
class Result:
    """What a command answered: exit status (128+n: ended by signal n), both streams, duration in seconds.

    The streams are not in its ``repr``, so that no traceback shows them.
    """

    command: str
    exit_status: int
    stdout: bytes = field(repr=False)
    stderr: bytes = field(repr=False)
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether the exit status is 0."""
        return self.exit_status == 0

    @property
    def text(self) -> str:
        """Standard output as text; bytes that are no UTF-8 are replaced."""
        return self.stdout.decode("utf-8", "replace")

    @property
    def error_text(self) -> str:
        """Standard error as text; bytes that are no UTF-8 are replaced."""
        return self.stderr.decode("utf-8", "replace")


def greet() -> Request:
    """Return what a shell is asked first."""
    return Request(secrets.token_hex(16), PREAMBLE)


class Shell:
    """One ``sh`` for many commands, one at a time. Not thread-safe: the connection hands shells out."""

    def __init__(self, channel: Channel, greeting: Request, seconds: float) -> None:
        """Take over a channel to which ``greeting`` was sent, and wait for its answer.

        Raises Late when no shell answered within ``seconds``, Gone when the process ended instead; then the
        channel is closed.
        """
        self.channel = channel
        try:
            _, told, _ = channel.receive(greeting.number, seconds)
        except BaseException:
            channel.close(patience=0.1)
            raise
        words = told.decode(errors="replace").split()
        self.pid = int(words[0])
        self.clock = cast(Clock, words[1] if words[1] in get_args(Clock) else "none")
        self.takes_stdin = words[2:3] == ["printf"] and len(words) > 3
        """Whether small stdin can travel inside a request: printf must be a builtin, base64 be there."""

    @classmethod
    def open(cls, argv: Sequence[str], seconds: float) -> Shell:
        """Start ``argv``, which leads to a shell that reads its commands from standard input.

        Raises as the constructor does, and OSError when it could not be started.
        """
        channel, greeting = Channel(argv), greet()
        channel.send(greeting.for_shell(None))
        return cls(channel, greeting, seconds)

    def run(self, command: str, stdin: bytes | None, timeout: float) -> Result:
        """Run ``command`` and return its Result; ``timeout`` is in seconds.

        Raises CommandTimeout when the far side ended the command, so that the shell is ready again; Late when
        it did not and nobody knows; Gone when the shell is no more; TooMuch for an answer that is too long.
        """
        __tracebackhide__ = True
        begun = time.monotonic()
        text = with_timeout(command, timeout, self.clock)
        limit = timeout if self.clock == "none" else timeout + KILL_GRACE_S + SLACK_S
        status, out, err = self._ask(text, stdin, limit)
        seconds = time.monotonic() - begun
        if status in TIMEOUT_STATUSES and seconds >= timeout and self.clock != "none":
            raise CommandTimeout
        return Result(command, status, out, err, seconds)

    def fits(self, stdin: bytes | None) -> bool:
        """Whether ``stdin`` can travel inside a request."""
        return stdin is None or (self.takes_stdin and len(stdin) <= INLINE_STDIN)

    def settle(self, seconds: float) -> bool:
        """Wait for the answer that was late; return whether the shell is ready for the next command."""
        try:
            self.channel.settle(seconds)
        except (Late, Gone):
            return False
        return True

    def _ask(self, text: str, stdin: bytes | None, seconds: float) -> tuple[int, bytes, bytes]:
        __tracebackhide__ = True
        request = Request(secrets.token_hex(16), text)
        return self.channel.ask(request.number, request.for_shell(stdin), seconds)

    def close(self) -> None:
        """End the shell; harmless when it is gone already."""
        self.channel.close()
