"""A program of this machine of whose output a bounded part is kept, however much it prints."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO

PIECE = 1 << 16


@dataclass(frozen=True)
class Ended:
    """How a program ended, and what it printed, of each stream the first bytes; ``cut``: there was more."""

    status: int
    output: bytes
    errors: bytes
    cut: bool = False


class Reader(threading.Thread):
    """Reads a stream to its end and keeps its first ``most`` bytes, or its last ones (``end``)."""

    def __init__(self, stream: IO[bytes], most: int, *, end: bool = False) -> None:
        super().__init__(daemon=True, name="gonogo-reader")
        self._stream, self._most, self._end = stream, most, end
        self.kept, self.size = bytearray(), 0
        self.start()

    @property
    def cut(self) -> bool:
        """Whether there was more than is kept."""
        return self.size > self._most

    def run(self) -> None:
        """Read until the end; what is too much is dropped, so that the program can go on."""
        with self._stream:
            while piece := self._stream.read(PIECE):
                self.size += len(piece)
                if self._end:
                    self.kept += piece
                    del self.kept[: -self._most]
                else:
                    self.kept += piece[: self._most - len(self.kept)]


def run(argv: Sequence[str], env: Mapping[str, str], stdin: bytes, timeout: float, most: int) -> Ended:
    """Run a program and return how it ended; raises OSError, and TimeoutExpired after which it was ended.

    ``timeout``: seconds until it ended and nobody has its output open; ``most``: bytes kept of each stream.
    """
    deadline = time.monotonic() + timeout
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, stderr=pipe, env=env, bufsize=0) as process:
        assert process.stdin and process.stdout and process.stderr
        readers = [Reader(stream, most) for stream in (process.stdout, process.stderr)]
        threading.Thread(target=feed, args=(process.stdin, stdin), daemon=True).start()
        try:
            process.wait(timeout)
            for one in readers:
                one.join(max(0.0, deadline - time.monotonic()))
            if any(one.is_alive() for one in readers):
                raise subprocess.TimeoutExpired(argv, timeout)
        except BaseException:
            process.kill()
            process.stdout = process.stderr = None  # who reads them has them, and closes them
            raise
        out, err = readers
    return Ended(process.returncode, bytes(out.kept), bytes(err.kept), out.cut or err.cut)


def feed(stream: IO[bytes], data: bytes) -> None:
    """Write data to a stream and close it; a reader that went away ends it silently."""
    view = memoryview(data)
    with contextlib.suppress(OSError, ValueError), stream:
        while view:
            view = view[stream.write(view) :]
