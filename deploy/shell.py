"""A persistent POSIX shell, here or behind ssh, that is fed one framed request at a time."""

from __future__ import annotations

import os
import secrets
import selectors
import shlex
import subprocess
import time
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from deploy.errors import CommandTimeout, ConnectionFailed

GRACE = 5.0
"""Seconds that the far side gets to report a command which its own ``timeout`` ended."""

HEARTBEAT = 0.25
"""Seconds of silence after which it is asked whether the shell's process still lives."""

INLINE_STDIN = 64 * 1024
"""Bytes of standard input that travel inside a request; more takes a session of its own."""


@dataclass(frozen=True)
class Result:
    """What a command answered: exit status, both streams as bytes, and its duration in seconds."""

    command: str
    exit_status: int
    stdout: bytes
    stderr: bytes
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


def request(command: str, stdin: bytes | None, timeout: float, nonce: str) -> bytes:
    """Return the line that asks the shell for ``command``.

    Both streams end with the nonce, so that any bytes may come before it. Input travels as base64
    through the builtin ``printf``: it is never an argument of a process.
    """
    feed = "" if stdin is None else f"printf %s {b64encode(stdin).decode()} | base64 -d | "
    source = " </dev/null" if stdin is None else ""
    guard = f"$gonogo_timeout {timeout:g} " if timeout else ""
    return (
        f"{feed}{guard}sh -c {shlex.quote(command)}{source}; gonogo_rc=$?; "
        f"printf '\\n{nonce}\\n' >&2; printf '\\n{nonce} %s\\n' \"$gonogo_rc\"\n"
    ).encode()


class Shell:
    """One ``sh`` that lives as long as the connection. Not thread-safe: the connection locks."""

    def __init__(self, argv: Sequence[str], connect_timeout: float) -> None:
        """Start ``argv``, which must end in a POSIX shell reading its standard input.

        Raises ConnectionFailed with what the process said when no shell answers in time (seconds).
        """
        # A session of its own, so that Ctrl-C reaches us alone and we decide what ends when.
        self._process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            bufsize=0,
        )
        try:
            setup = (
                "gonogo_timeout=; command -v timeout >/dev/null 2>&1 && gonogo_timeout='timeout -k 2'; true"
            )
            self._ask(
                setup.encode() + b"\n" + request("true", None, 0, nonce := _nonce()), nonce, connect_timeout
            )
        except CommandTimeout as error:
            self.close()
            raise ConnectionFailed(f"no shell answered within {connect_timeout:g} s") from error

    def run(self, command: str, *, stdin: bytes | None, timeout: float) -> Result:
        """Run ``command`` and return its Result; ``timeout`` is in seconds.

        Raises CommandTimeout, after which the shell must be replaced when ``alive`` is false, and
        ConnectionFailed when the shell is gone.
        """
        begun = time.monotonic()
        nonce = _nonce()
        status, out, err = self._ask(request(command, stdin, timeout, nonce), nonce, timeout + GRACE)
        seconds = time.monotonic() - begun
        if status in (124, 137) and seconds >= timeout:
            raise CommandTimeout(f"the command did not end within {timeout:g} s")
        return Result(command, status, out, err, seconds)

    @property
    def alive(self) -> bool:
        """Whether the shell's process still runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the shell; harmless when it is gone already."""
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        try:
            self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ask(self, data: bytes, nonce: str, timeout: float) -> tuple[int, bytes, bytes]:
        process = self._process
        assert process.stdin and process.stdout and process.stderr
        streams = {process.stdout.fileno(): bytearray(), process.stderr.fileno(): bytearray()}
        out, err = streams.values()
        out_mark, err_mark = f"\n{nonce} ".encode(), f"\n{nonce}\n".encode()
        deadline = time.monotonic() + timeout
        pending = memoryview(data)
        with selectors.DefaultSelector() as selector:
            for descriptor in streams:
                selector.register(descriptor, selectors.EVENT_READ)
            selector.register(process.stdin.fileno(), selectors.EVENT_WRITE)
            while not (_ended(out, out_mark, b"\n") and err.endswith(err_mark)):
                left = deadline - time.monotonic()
                if left <= 0:
                    self.close_hard()
                    raise CommandTimeout(f"nothing was heard for {timeout:g} s")
                events = selector.select(min(left, HEARTBEAT))
                # A child of a dead shell can hold its streams open, so silence alone proves nothing.
                if not events and not self.alive:
                    raise ConnectionFailed(self._last_words(bytes(err)))
                for key, _ in events:
                    if key.fd in streams:
                        chunk = os.read(key.fd, 1 << 16)
                        if not chunk:
                            raise ConnectionFailed(self._last_words(bytes(err)))
                        streams[key.fd] += chunk
                    else:
                        pending = self._write(pending, selector)
        status = int(out[out.rindex(out_mark) + len(out_mark) :])
        return status, bytes(out[: out.rindex(out_mark)]), bytes(err[: -len(err_mark)])

    def _write(self, pending: memoryview, selector: selectors.BaseSelector) -> memoryview:
        assert self._process.stdin
        try:
            pending = pending[os.write(self._process.stdin.fileno(), pending[:4096]) :]
        except BrokenPipeError:
            pending = pending[:0]
        if not pending:
            selector.unregister(self._process.stdin.fileno())
        return pending

    def close_hard(self) -> None:
        """Kill the shell's process at once; what was asked of it is lost."""
        self._process.kill()
        self._process.wait()

    def _last_words(self, err: bytes) -> str:
        assert self._process.stderr
        self._process.wait()
        os.set_blocking(self._process.stderr.fileno(), False)
        rest = self._process.stderr.read() or b""
        words = (err + rest).decode("utf-8", "replace").strip()
        return words or f"the shell ended with status {self._process.returncode}"


def _ended(out: bytearray, mark: bytes, end: bytes) -> bool:
    """Whether ``out`` ends in the mark, a status and ``end``; only the tail is searched."""
    tail = bytes(out[-len(mark) - 8 :])
    return mark in tail and tail.endswith(end)


def _nonce() -> str:
    return secrets.token_hex(16)
