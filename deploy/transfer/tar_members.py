"""The members of a tar archive on its way, each with the very bytes that stand for it."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

BLOCK = tarfile.BLOCKSIZE
PIECE = 1 << 18
LARGEST_EXTENSION = 1 << 20
_NAMES = (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)
_PAX = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)


class Readable(Protocol):
    """What can be read from; ``read`` returns fewer bytes than asked for at the end alone."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes."""


class Damaged(ValueError):
    """The archive is none, or was cut off; the message says which, in a few words."""


@dataclass(frozen=True)
class Member:
    """One member. ``head``: its header and what extends it, as they came; ``size``: of its content, bytes."""

    name: str
    size: int
    head: bytes


class Members:
    """The members of a tar archive (POSIX ustar and pax, GNU's long names) in ``source``.

    Every ``content`` must be read to its end before the next member is. Raises Damaged.
    """

    def __init__(self, source: Readable) -> None:
        self._source = source
        self.end = b""
        """The zeros that end the archive, once there is no further member."""
        self.ended = False
        """Whether ``source`` was read to its end."""

    def __iter__(self) -> Iterator[Member]:
        while member := self._member():
            yield member

    def content(self, member: Member) -> Iterator[bytes]:
        """Yield the content of the member that came last, in pieces, with the zeros that fill its block."""
        left = member.size + -member.size % BLOCK
        while left:
            piece = self._exactly(min(left, PIECE))
            left -= len(piece)
            yield piece

    def _member(self) -> Member | None:
        head = b""
        given: dict[str, str] = {}
        while True:
            block = self._exactly(BLOCK)
            head += block
            if not block.strip(b"\0"):
                self._finish(block)
                return None
            info = _header(block)
            if info.type not in (*_NAMES, *_PAX):
                break
            if info.size > LARGEST_EXTENSION:
                raise Damaged("it has a header of no sensible size")
            data = self._exactly(info.size + -info.size % BLOCK)
            head += data
            given |= _extension(info.type, data[: info.size])
        size = int(given.get("size", info.size))
        holds = info.isreg() or info.type not in tarfile.SUPPORTED_TYPES
        return Member(given.get("path", info.name), size if holds else 0, head)

    def _finish(self, first: bytes) -> None:
        rest = [first]
        while piece := self._source.read(PIECE):
            rest.append(piece)
        self.ended = True
        self.end = b"".join(rest)
        # POSIX, pax: two blocks of zeros end an archive; a header of zeros alone may stand where it was cut.
        if len(self.end) < 2 * BLOCK:
            raise Damaged("it ends too early")
        if self.end.strip(b"\0"):
            raise Damaged("there is more behind its end")

    def _exactly(self, size: int) -> bytes:
        data = self._source.read(size)
        if len(data) < size:
            self.ended = True
            raise Damaged("it ends too early")
        return data


def _header(block: bytes) -> tarfile.TarInfo:
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        raise Damaged("it has a header that is none") from None
    if info.type == tarfile.GNUTYPE_SPARSE or info.size < 0:
        raise Damaged("it has a header that no engine writes")
    return info


def _extension(kind: bytes, data: bytes) -> dict[str, str]:
    if kind == tarfile.GNUTYPE_LONGNAME:
        return {"path": data.rstrip(b"\0").decode("utf-8", "surrogateescape")}
    found = {}
    while kind in _PAX and data:
        length = data.partition(b" ")[0]
        if not length.isdigit() or not len(length) < int(length) <= len(data):
            raise Damaged("it has an extended header that is none")
        key, _, value = (
            data[len(length) + 1 : int(length) - 1].decode("utf-8", "surrogateescape").partition("=")
        )
        found[key] = value
        data = data[int(length) :]
    return {} if kind == tarfile.XGLTYPE else {k: v for k, v in found.items() if k in ("path", "size")}
