"""A stream compressed while it is read, once, as ``docker load`` reads it."""

from __future__ import annotations

import zlib
from typing import BinaryIO, cast

from gonogo.deploy.transfer.tar_members import PIECE, Readable

LEVEL = 1
"""Of 203 MB of an image, level 1 made 73 MB in 3 s and level 6 66 MB in 11 s: slower than 100 Mbit/s."""
GZIP = 31


class Gzipped:
    """``source`` as gzip. Its checksum at the end tells the target that nothing was cut off or changed."""

    def __init__(self, source: Readable) -> None:
        self._source, self._pack, self._ended = source, zlib.compressobj(LEVEL, wbits=GZIP), False

    def read(self, _size: int = PIECE) -> bytes:
        """Return the next bytes, nothing at the end; raises what reading the source raises."""
        data = b""
        while not data and not self._ended:
            piece = self._source.read(PIECE)
            self._ended = not piece
            data = self._pack.compress(piece) if piece else self._pack.flush()
        return data


def gzipped(source: Readable) -> BinaryIO:
    """Return ``source`` as gzip, of level 1."""
    return cast(BinaryIO, Gzipped(source))
