"""A channel: one child process (``sh``, or ``ssh`` leading to one) and how it is asked."""

from __future__ import annotations

import contextlib
import os
import select
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from gonogo.deploy.ssh.framing import Answer, Passing
from gonogo.deploy.ssh.wake import Wake

HEARTBEAT_S = 0.25
"""Seconds of silence after which it is asked whether the process still lives."""

LEAST_PATIENCE_S = 0.2
"""Seconds that a process has to end by itself once it was told to."""

_PIECE = 1 << 18


class Gone(Exception):
    """The process ended, or its streams did, before the answer was complete; holds its last words."""


class Late(Exception):
    """The answer was not complete in time."""


class TooMuch(Exception):
    """The answer was longer than ANSWER_LIMIT; the process is ready for the next request."""


class Channel:
    """One child process; not thread-safe. Closing ends it and what it started in its process group."""

    def __init__(self, argv: Sequence[str]) -> None:
        """Start ``argv``; raises OSError when it cannot be started."""
        # A session of its own, so that Ctrl-C reaches only us and we decide what ends when.
        self.process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            bufsize=0,
        )
        assert self.process.stdin and self.process.stdout and self.process.stderr
        self.stdin = self.process.stdin
        self._out_fd, self._err_fd = self.process.stdout.fileno(), self.process.stderr.fileno()
        self.answers = Answer(""), Answer("")
        self._pending = memoryview(b"")
        self.given_up = False
        """Whether nobody sends the rest of the input: the command is to be ended before it sees an end."""

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self.process.poll() is None

    def ask(self, number: str, data: bytes, seconds: float) -> tuple[int, bytes, bytes]:
        """Send ``data`` and return the exit status, standard output and errors of the answer ``number``.

        Raises Late after ``seconds`` (then ``settle`` may go on waiting), Gone and TooMuch.
        """
        __tracebackhide__ = True
        self.send(data)
        return self.receive(number, seconds)

    def send(self, data: bytes) -> None:
        """Send ``data`` as far as it goes at once; the rest goes while an answer is waited for."""
        os.set_blocking(self.stdin.fileno(), False)
        self._pending = memoryview(bytes(self._pending) + data)
        with contextlib.suppress(BlockingIOError):
            self._write()

    def receive(
        self,
        number: str,
        seconds: float,
        to: Callable[[bytes], None] | None = None,
        wake: Wake | None = None,
    ) -> tuple[int, bytes, bytes]:
        """Return the answer ``number`` to what was sent, or is sent by somebody else; raises as ``ask``.

        ``to``: what is given the standard output in pieces, which is then not returned.
        ``wake``: what may ask for more to be sent while the answer is waited for.
        """
        __tracebackhide__ = True
        output = Passing(number, to) if to else Answer(number)
        before, self.answers = self.answers, (output, Answer(number))
        for old, new in zip(before, self.answers, strict=True):
            new.feed(bytes(old.rest))
        return self.settle(seconds, wake)

    def settle(self, seconds: float, wake: Wake | None = None) -> tuple[int, bytes, bytes]:
        """Go on waiting for the answer that is under way; returns and raises as ``ask`` does."""
        __tracebackhide__ = True
        deadline = time.monotonic() + seconds
        out, err = self.answers
        with selectors.DefaultSelector() as selector:
            selector.register(self._out_fd, selectors.EVENT_READ, out)
            selector.register(self._err_fd, selectors.EVENT_READ, err)
            if wake:
                selector.register(wake, selectors.EVENT_READ, wake)
            self._await_room(selector)
            while not (out.complete and err.complete):
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Late
                events = selector.select(min(left, HEARTBEAT_S))
                # A child of a dead shell can hold its streams open, so silence alone proves nothing.
                if not events and not self.alive:
                    raise Gone(self._last_words())
                # Not before it is known which process to end.
                if self.given_up and out.pid is not None:
                    raise Gone("its input broke off")
                for key, _ in events:
                    if isinstance(key.data, Wake):
                        key.data.answer()
                        self._await_room(selector)
                    elif key.data is not None:
                        self._read(key.fd, key.data, selector)
                    elif not self._write():
                        selector.unregister(self.stdin.fileno())
        if out.cut or err.cut:
            raise TooMuch
        return int(out.value or 0), out.data, err.data

    def _await_room(self, selector: selectors.BaseSelector) -> None:
        if self._pending and self.stdin.fileno() not in selector.get_map():
            selector.register(self.stdin.fileno(), selectors.EVENT_WRITE)

    def _read(self, descriptor: int, answer: Answer, selector: selectors.BaseSelector) -> None:
        if piece := os.read(descriptor, _PIECE):
            answer.feed(piece)
            return
        # A session's process ends right after its answer: one stream may end while the other is unread.
        selector.unregister(descriptor)
        if not answer.complete:
            raise Gone(self._last_words())

    def _write(self) -> bool:
        """Write a piece of what is pending; return whether there is more."""
        pending = self._pending
        # Nothing is pending until it is known what was written: were this interrupted after the write, the
        # command would be sent a second time. One that is cut gets no answer, and its shell is given up.
        self._pending = pending[:0]
        try:
            if pending:
                self._pending = pending[os.write(self.stdin.fileno(), pending[:_PIECE]) :]
        except BlockingIOError:
            self._pending = pending
            raise
        except BrokenPipeError:
            pass  # the end of the output says it better: it brings the last words
        return bool(self._pending)

    def _last_words(self) -> str:
        self._wait(1.0)
        for descriptor, answer in zip((self._out_fd, self._err_fd), self.answers, strict=True):
            os.set_blocking(descriptor, False)
            with contextlib.suppress(BlockingIOError):
                while piece := os.read(descriptor, _PIECE):
                    answer.feed(piece)
        out, err = (answer.data[-4000:].decode(errors="replace").strip() for answer in self.answers)
        return err or out

    def close(self, patience: float = 0.2) -> None:
        """End the process: by the end of its input, then as ``end`` does."""
        with contextlib.suppress(OSError):
            self.stdin.close()
        self.end(patience)
        self.close_streams()

    def hang_up(self) -> None:
        """Begin to end a process that has nothing to do; ``close`` waits for it."""
        with contextlib.suppress(OSError):
            self.stdin.close()
        self.signal(signal.SIGTERM)

    def end(self, patience: float) -> None:
        """Wait ``patience`` seconds for the process to end; then send TERM, and at last KILL."""
        if patience:
            self._wait(patience)
        self.signal(signal.SIGTERM)
        self._wait(max(patience, LEAST_PATIENCE_S))
        self.signal(signal.SIGKILL)
        self.process.wait()

    def _wait(self, seconds: float) -> None:
        """Return as soon as the process has ended, or after ``seconds``."""
        # Popen.wait looks with pauses of up to 50 ms; the kernel tells at once (pidfd_open(2), Linux 5.3).
        if sys.platform == "linux" and self.alive:
            with contextlib.suppress(OSError):
                descriptor = os.pidfd_open(self.process.pid)
                try:
                    ended = select.poll()
                    ended.register(descriptor, select.POLLIN)
                    ended.poll(1000 * seconds)
                    seconds = 0
                finally:
                    os.close(descriptor)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)

    def signal(self, number: int) -> None:
        """Send a signal to the process and what it started, unless it has ended."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def close_streams(self) -> None:
        """Close the reading ends."""
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
