"""A backup on its way: pieces of files as one stream of tar, with the sum of each file."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from deploy.mongodb.manifest import MANIFEST, Sum

Piece = tuple[str, bytes]

MOST = 8 << 20
"""Bytes of one member of the stream. Each costs the receiver a process."""
BLOCK = tarfile.BLOCKSIZE
SUMS = "SUMS"
"""The last file of a stream, as sha256sum(1) reads it: without it the stream was cut off."""


@dataclass
class Running:
    """The size and the sum of a file so far."""

    size: int = 0
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


class Parcel:
    """What ``pieces`` gives, to be read as a tar whose members are to be appended to their files."""

    def __init__(self, pieces: Callable[[Sums], Iterator[Piece]]) -> None:
        """Prepare to read; ``pieces`` is given the sums of all that it gave so far."""
        self.sums: Sums = {}
        self._pieces = pieces(self.sums)
        self._parts = self._stream()
        self._left = memoryview(b"")

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, ``size`` at most; nothing at the end. Raises what making them raises."""
        while not self._left:
            part = next(self._parts, None)
            if part is None:
                return b""
            self._left = part
        taken = self._left if size < 0 else self._left[:size]
        self._left = self._left[len(taken) :]
        return bytes(taken)

    def _stream(self) -> Iterator[memoryview]:
        for path, data in self._pieces:
            view = memoryview(data)
            running = self.sums.setdefault(path, Running())
            for begin in range(0, max(len(view), 1), MOST):
                part = view[begin : begin + MOST]
                running.add(part)
                yield memoryview(_header(path, len(part)))
                yield part
                yield memoryview(bytes(-len(part) % BLOCK))
        yield memoryview(bytes(2 * BLOCK))


def _header(path: str, size: int) -> bytes:
    member = tarfile.TarInfo(path)
    member.size, member.mode = size, 0o600
    return member.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def closing(manifest: bytes, files: Mapping[str, Running]) -> Iterator[Piece]:
    """Give the end of a backup: its manifest, and the sums of that and of ``files``."""
    yield MANIFEST, manifest
    yield SUMS, sums({path: one.sum for path, one in files.items() if path != SUMS})


def sums(files: dict[str, Sum]) -> bytes:
    """Return the file that sha256sum(1) checks files by, names with a line break or backslash included."""
    return "".join(f"{_line(path, one)}\n" for path, one in sorted(files.items())).encode()


def _line(path: str, one: Sum) -> str:
    told = path.replace("\\", "\\\\").replace("\n", "\\n")
    return f"{'' if told == path else chr(92)}{one.sha256}  {told}"
