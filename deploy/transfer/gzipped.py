"""A stream compressed while it is read, once, as ``docker load`` reads it."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import BinaryIO, cast

from gonogo.deploy.transfer.tar_members import PIECE, Readable

LEVEL = 1
"""Of 203 MB of an image, level 1 made 73 MB in 3 s and level 6 66 MB in 11 s: slower than 100 Mbit/s."""
GZIP = 31


class Gzipped:
    """``source`` as gzip. Its checksum at the end tells the target that nothing was cut off or changed."""

    def __init__(self, source: Readable, at_end: Callable[[], object] | None = None) -> None:
        self._source, self._pack, self._ended = source, zlib.compressobj(LEVEL, wbits=GZIP), False
        self._at_end = at_end

    def read(self, _size: int = PIECE) -> bytes:
        """Return the next bytes, nothing at the end; raises what reading the source raises."""
        data = b""
        if self._ended and self._at_end:
            self._at_end()
            self._at_end = None
        while not data and not self._ended:
            piece = self._source.read(PIECE)
            self._ended = not piece
            data = self._pack.compress(piece) if piece else self._pack.flush()
        return data


def gzipped(source: Readable, at_end: Callable[[], object] | None = None) -> BinaryIO:
    """Return ``source`` as gzip, of level 1; ``at_end`` is called when all of it was read."""
    return cast(BinaryIO, Gzipped(source, at_end))
