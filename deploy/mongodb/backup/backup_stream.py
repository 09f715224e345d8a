"""A backup on its way: pieces of files as one stream, with the sum of each file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from gonogo.deploy.mongodb.backup.manifest import MANIFEST, Sum

Piece = tuple[str, bytes]

MOST = 8 << 20
"""Bytes of one piece in the stream. Each costs the receiver a process."""
PIECE, END = "piece", "end"
"""What the first line before each piece begins with, and the last two lines of the stream."""
SUMS = "SUMS"
"""The last file of a stream, as sha256sum(1) reads it: without it the stream was cut off."""


@dataclass
class Running:
    """The size and the sum of a file so far."""

    size: int = 0
    pieces: int = 0
    hash: hashlib._Hash = field(default_factory=hashlib.sha256)

    def add(self, data: memoryview) -> None:
        """Take what is appended."""
        self.size += len(data)
        self.hash.update(data)

    @property
    def sum(self) -> Sum:
        """The sum of all that was taken."""
        return Sum(size=self.size, sha256=self.hash.hexdigest())


Sums = dict[str, Running]


NOTHING = memoryview(b"")


class BackupStream:
    """What ``pieces`` gives, to be read as a stream: each piece after a line with its size and its number in
    the file, and a line with the file's path. A tar would need the size of a file before its first byte.
    """

    def __init__(self, pieces: Callable[[Sums], Iterator[Piece]], folder: str = "") -> None:
        """Prepare to read; ``pieces`` is given the sums of all that it gave so far.

        ``folder``: one whose files are told as ``:name``, for its own name may hold a line break.
        """
        self._folder = f"{folder}/" if folder else ""
        self.sums: Sums = {}
        self._pieces = pieces(self.sums)
        self._parts = self._stream()
        self._left = NOTHING

    def read(self, size: int = -1) -> bytes | memoryview:
        """Return the next bytes, ``size`` at most; nothing at the end. Raises what making them raises."""
        while not self._left:
            self._left = NOTHING  # an empty view keeps all that it is a view of
            part = next(self._parts, None)
            if part is None:
                return b""
            self._left = part
        taken = self._left if size < 0 else self._left[:size]
        self._left = self._left[len(taken) :]
        return taken

    def _stream(self) -> Iterator[memoryview]:
        for path, data in self._pieces:
            view, told = memoryview(data), path
            if self._folder and path.startswith(self._folder):
                told = f":{path.removeprefix(self._folder)}"
            running = self.sums.setdefault(path, Running())
            for begin in range(0, max(len(view), 1), MOST):
                part = view[begin : begin + MOST]
                running.add(part)
                if part or not running.size:
                    running.pieces += 1
                    yield _line(f"{PIECE} {len(part)} {running.pieces}\n{told}\n")
                    yield part
            del data, view, part  # while the next one comes
        yield _line(f"{END} 0 0\n\n")


def _line(text: str) -> memoryview:
    return memoryview(text.encode())


def closing(manifest: bytes, files: Mapping[str, Running]) -> Iterator[Piece]:
    """Give the end of a backup: its manifest, and the sums of that and of ``files``."""
    yield MANIFEST, manifest
    yield SUMS, sums({path: one.sum for path, one in files.items() if path != SUMS})


def sums(files: dict[str, Sum]) -> bytes:
    """Return the file that sha256sum(1) checks files by, names with a line break or backslash included."""
    return "".join(f"{_sum_line(path, one)}\n" for path, one in sorted(files.items())).encode()


def _sum_line(path: str, one: Sum) -> str:
    told = path.replace("\\", "\\\\").replace("\n", "\\n")
    return f"{'' if told == path else chr(92)}{one.sha256}  {told}"
