"""The one connection to a target: shells, sessions, forwards and the transcript, over one ssh handshake."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, Self

from gonogo.deploy.errors import ConnectionFailed, GonogoError, explained
from gonogo.deploy.ssh import openssh
from gonogo.deploy.ssh.executor import Executor
from gonogo.deploy.ssh.opening import Opening, opened
from gonogo.deploy.ssh.pipeline import is_together
from gonogo.deploy.ssh.reachable import Reachable
from gonogo.deploy.ssh.request_log import Asked, RequestLog, short
from gonogo.deploy.ssh.shell import Result
from gonogo.deploy.ssh.transcript import Transcript
from gonogo.deploy.ssh.transport import CONTROL_VARIABLE

__all__ = ["Connection", "Result"]

STREAM_TIMEOUT_S = 3600.0
"""Seconds that a stream may take when its caller sets no other limit."""


class Connection:
    """A live connection to one target. Thread-safe: commands of several threads run side by side.

    Commands run under ``sh`` in the login's home with LC_ALL=C and no terminal. They appear in the process
    list of the target, so they must hold no secret: secrets travel as ``stdin``. What a command leaves
    running in the background with its output still open may write into the answer of a later command.
    """

    def __init__(
        self,
        target: Reachable,
        *,
        redact: Callable[[str], str] = str,
        control_path: Path | None = None,
        opening: Opening | None = None,
        transcript: Transcript | None = None,
    ) -> None:
        """Connect; see ``open``."""
        self.host = target.host
        self.transcript = transcript or Transcript(redact)
        self._requests = RequestLog(self.host, self.transcript, self._lost)
        self.changed: Callable[[], None] = lambda: None
        """What is called after each command that may have changed the target."""
        self._timeout = target.thresholds.command_timeout_s
        seconds = target.thresholds.connect_timeout_s
        opening = opening or opened(target, control_path)
        self._transport = opening.transport
        try:
            self._executor = Executor(opening, seconds, self._worded)
        except BaseException as error:
            opening.close()
            self._transport.close()
            if isinstance(error, ConnectionFailed):
                raise ConnectionFailed(f"cannot reach {self.host}: {error}", error.check) from None
            raise
        self.forwards = self._transport.forwards

    @classmethod
    def open(
        cls,
        target: Reachable,
        *,
        redact: Callable[[str], str] = str,
        control_path: Path | None = None,
        opening: Opening | None = None,
        transcript: Transcript | None = None,
    ) -> Connection:
        """Return a connection to ``target``, whose transcript and messages go through ``redact``.

        ``control_path``: the control socket of an open master to ride on; without it, $GONOGO_CONTROL_PATH is
        ridden on where it was opened for this target. ``opening``: the way to this target that somebody began
        to open. ``transcript``: one to go on with. Raises ConnectionFailed with the cause and what to do,
        UsageError for a host that is none.
        """
        return cls(target, redact=redact, control_path=control_path, opening=opening, transcript=transcript)

    @property
    def redact(self) -> Callable[[str], str]:
        """What hides secrets in the transcript and in messages; may be set when values become known."""
        return self.transcript.redact

    @redact.setter
    def redact(self, redact: Callable[[str], str]) -> None:
        self.transcript.redact = redact

    @property
    def asked(self) -> list[Asked]:
        """What was asked that changes nothing and may be kept, with its whole answer, for a recording."""
        return self._requests.asked

    @property
    def lost(self) -> bool:
        """Whether the way to the target was found to be gone: no more can be asked over this connection."""
        return self._executor.failure is not None

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which a process that we start rides on this connection's master."""
        path = self._transport.control_path
        return {CONTROL_VARIABLE: str(path)} if path else {}

    def run(  # noqa: PLR0913  one keyword for each choice
        self,
        command: str,
        *,
        stdin: bytes | None = None,
        timeout: float | None = None,
        mutates: bool = False,
        private: bool = False,
        live: bool = False,
    ) -> Result:
        """Run a shell command on the target and return its Result, whatever its exit status.

        ``stdin``: its standard input, nothing by default. ``timeout``: seconds, by default the target's
        ``command_timeout_s``. ``mutates``: it changes the target. ``private``: its output holds secrets, so
        the transcript keeps its size alone. ``live``: its answer must be of this very moment, so it waits for
        no other question. Raises CommandTimeout, after which the connection is usable and the command was
        ended, ConnectionFailed, and GonogoError for an answer that is too long.
        """
        __tracebackhide__ = True
        limit = self._timeout if timeout is None else timeout
        if is_together() and not mutates and not live:
            shared = self._executor.share(command, stdin, limit)
            if shared:
                return self._requests.of(command, limit, lambda: shared, private=private)
        shell = self._executor.take()
        if not shell.fits(stdin):
            self._executor.give(shell)
            large = io.BytesIO(stdin or b"")
            return self.stream(command, stdin=large, timeout=limit, mutates=mutates, private=private)

        def ask() -> Result:
            return self._executor.ask(shell, command, stdin, limit)

        with self._changing(mutates):
            return self._requests.of(command, limit, ask, mutates=mutates, private=private)

    @property
    def shared(self) -> int:
        """How many questions went together with others."""
        return self._executor.shared

    def check(
        self, command: str, *, stdin: bytes | None = None, timeout: float | None = None, mutates: bool = False
    ) -> Result:
        """Run as ``run`` does; raises GonogoError with the line that says why when its status is not 0."""
        __tracebackhide__ = True
        result = self.run(command, stdin=stdin, timeout=timeout, mutates=mutates)
        if not result.ok:
            why = explained(result.error_text, result.text)
            raise GonogoError(
                self.redact(f"{self.host}: `{short(command)}` ended with {result.exit_status}: {why}")
            )
        return result

    def stream(  # noqa: PLR0913  one keyword for each choice that run() has too
        self,
        command: str,
        *,
        stdin: BinaryIO | None = None,
        on_bytes: Callable[[int], None] | None = None,
        to: Callable[[bytes], None] | None = None,
        timeout: float | None = None,
        mutates: bool = True,
        private: bool = False,
    ) -> Result:
        """Run a command in a session of its own, fed from ``stdin`` of any size; else as ``run``.

        ``on_bytes`` is called, from another thread, with the size of each piece sent. ``to`` is given the
        standard output in pieces as they come; the Result then has none. ``timeout`` is STREAM_TIMEOUT_S by
        default. What reading ``stdin`` or ``on_bytes`` raises is raised here, after the command was ended.
        """
        __tracebackhide__ = True
        limit = STREAM_TIMEOUT_S if timeout is None else timeout

        def ask() -> Result:
            return self._executor.feed(command, limit, stdin, on_bytes, to)

        with self._changing(mutates):
            return self._requests.of(command, limit, ask, mutates=mutates, private=private)

    def pour(self, command: str, to: Callable[[bytes], None], *, timeout: float | None = None) -> Result:
        """Run a command that changes nothing, and hand its standard output on in pieces of any size.

        It runs in a session of its own; what comes is held back as long as ``to`` takes. The Result has no
        output, and the transcript its size alone. ``timeout`` is STREAM_TIMEOUT_S by default. Raises as
        ``run`` does, and what ``to`` raises, after which the command was ended.
        """
        __tracebackhide__ = True
        limit, size = STREAM_TIMEOUT_S if timeout is None else timeout, 0

        def counted(piece: bytes) -> None:
            nonlocal size
            size += len(piece)
            to(piece)

        def ask() -> Result:
            return self._executor.feed(command, limit, to=counted)

        return self._requests.of(command, limit, ask, private=True, size=lambda: size)

    def forward_socket(self, remote: str) -> Path:
        """Return the path of a local Unix socket that leads to ``remote``; raises ConnectionFailed."""
        self.changed()  # what goes through it may change the target
        return self.forwards.socket(remote)

    def forward_port(self, host: str, port: int, *, ahead: int = 0) -> int:
        """Return the port here that leads to ``host:port`` there, for which ``ahead`` connections are made.

        Raises ConnectionFailed.
        """
        return self.forwards.port(host, port, ahead)

    def close(self) -> None:
        """End shells and forwards, and the master where this connection opened it; can be called again."""
        self._executor.fail(f"the connection to {self.host} was closed")
        self._executor.close()
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _changing(self, mutates: bool) -> Iterator[None]:
        with ExitStack() as end:
            if mutates:
                end.callback(self.changed)
            yield

    def _worded(self, cause: str) -> str:
        return f"the connection to {self.host} was lost: {cause}"

    def _lost(self, command: str, words: str, mutates: bool) -> str:
        effect = "; whether it took effect is not known" if mutates else ""
        cause = self._transport.broken()
        if cause is None:
            why = openssh.session_words(words)
            return f"{self.host}: the shell of `{short(command)}` ended before its answer: {why}{effect}"
        whole = self._executor.fail(self._worded(cause))
        return f"{whole} (while running `{short(command)}`{effect})"
