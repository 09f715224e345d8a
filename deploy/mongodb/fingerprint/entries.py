"""Entries: the ``_id`` and a digest of each document of a collection, in files that are read by buckets.

A file holds segments, each with entries of one bucket, in the order in which they came; then a table of the
segments, and for each bucket a sum of its digests that does not depend on their order.
"""

from __future__ import annotations

import gzip
import hashlib
import shutil
import struct
import tarfile
import tempfile
import zlib
from array import array
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from gonogo.deploy.errors import GonogoError

BUCKETS = 4096
"""A hundred writes touch a hundred of them at most, and the others need not be looked at."""
DIGEST = 16
"""Bytes of a digest."""
ENTRIES = "entries.tar.gz"
MAGIC = b"gonogo1\n"
Sum = tuple[int, int]

_SEGMENT = struct.Struct("<HIQQ")
_SUM = struct.Struct("<HQQ")
_END = struct.Struct("<8sQIQI")
_LANE = 1 << 64


class EntriesWriter:
    """Where the entries of collections are written, a file for each, until ``close`` removes them."""

    def __init__(self, folder: Path) -> None:
        """Make a place in ``folder``, private to this user."""
        self._place = tempfile.TemporaryDirectory(prefix=".entries-", dir=folder)
        self.folder = Path(self._place.name)
        self._made = 0

    def begin(self) -> EntriesFile:
        """Return a new file."""
        self._made += 1
        return EntriesFile(self.folder / f"{self._made:06d}")

    def adopt(self, folder: Path) -> None:
        """Take files over that another one wrote, before any of its own; see ``unpacked``."""
        names = sorted(path.name for path in folder.iterdir())
        for name in names:
            (folder / name).rename(self.folder / name)
        self._made = int(names[-1]) if names else 0

    def pack(self, to: Path, names: Iterable[str]) -> str:
        """Write these files as one archive (0600) and return its SHA-256."""
        with to.open("wb") as raw:
            to.chmod(0o600)
            # Digests do not get smaller; the rest does with the least effort already.
            with (
                gzip.GzipFile("", "wb", 1, raw, mtime=0) as packed,
                tarfile.open(fileobj=packed, mode="w") as archive,
            ):
                for name in sorted(names):
                    entry = tarfile.TarInfo(name)
                    entry.size, entry.mode = (self.folder / name).stat().st_size, 0o600
                    with (self.folder / name).open("rb") as file:
                        archive.addfile(entry, file)
        return digest_of(to)

    def close(self) -> None:
        """Remove the files; can be called again."""
        self._place.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class EntriesFile:
    """The entries of one collection while they are written."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._file = path.open("wb")
        self._table = bytearray()
        self._sums: dict[int, Sum] = {}
        self._at = 0
        self._ended = False

    def write(self, bucket: int, idents: list[bytes], digests: list[bytes]) -> None:
        """Append entries to a bucket."""
        count = len(idents)
        joined = b"".join(digests)
        lanes = struct.unpack(f"<{2 * count}Q", joined)
        first, second = self._sums.get(bucket, (0, 0))
        self._sums[bucket] = ((first + sum(lanes[::2])) % _LANE, (second + sum(lanes[1::2])) % _LANE)
        data = b"".join((joined, struct.pack(f"<{count}I", *map(len, idents)), *idents))
        self._file.write(data)
        self._table += _SEGMENT.pack(bucket, count, self._at, len(data))
        self._at += len(data)

    def close(self) -> Sum:
        """Write the table; return the sum of all digests."""
        total = (0, 0)
        if not self._ended:
            table, segments = self._table, len(self._table) // _SEGMENT.size
            table += b"".join(_SUM.pack(bucket, *both) for bucket, both in self._sums.items())
            self._file.write(table)
            self._file.write(_END.pack(MAGIC, segments, len(self._sums), self._at, zlib.crc32(table)))
            self._table = bytearray()
            self._file.close()
            self._ended = True
        for both in self._sums.values():
            total = ((total[0] + both[0]) % _LANE, (total[1] + both[1]) % _LANE)
        return total


class Entries:
    """The entries of one collection as they are read. ``sums``, ``counts``: by bucket."""

    def __init__(self, path: Path) -> None:
        """Read the table; raises GonogoError when the file is damaged."""
        try:
            self._file = path.open("rb")
        except FileNotFoundError:
            raise _damaged(f"{path.name} is missing") from None
        self._table = b""
        self._segments: dict[int, array[int]] = {}
        self.sums: dict[int, Sum] = {}
        self.counts: dict[int, int] = {}
        try:
            self._read_table(path.stat().st_size)
        except (struct.error, OSError, ValueError):
            self._file.close()
            raise _damaged(path.name) from None

    def _read_table(self, size: int) -> None:
        self._file.seek(size - _END.size)
        magic, segments, sums, at, check = _END.unpack(self._file.read())
        self._file.seek(at)
        self._table = table = self._file.read(size - _END.size - at)
        end = segments * _SEGMENT.size
        if magic != MAGIC or zlib.crc32(table) != check or len(table) != end + sums * _SUM.size:
            raise ValueError
        # There is a segment for every few dozen documents, so of each its place in the table is kept alone.
        for place in range(0, end, _SEGMENT.size):
            bucket, count, _, _ = _SEGMENT.unpack_from(table, place)
            self._segments.setdefault(bucket, array("Q")).append(place)
            self.counts[bucket] = self.counts.get(bucket, 0) + count
        self.sums = {bucket: (first, second) for bucket, first, second in _SUM.iter_unpack(table[end:])}

    def bucket(self, number: int) -> Iterator[tuple[bytes, bytes]]:
        """Give the entries of a bucket, (what ``write`` was given, digest), in the order of their coming."""
        for place in self._segments.get(number, ()):
            _, count, begin, length = _SEGMENT.unpack_from(self._table, place)
            self._file.seek(begin)
            data = self._file.read(length)
            at = (DIGEST + 4) * count
            lengths = struct.unpack_from(f"<{count}I", data, DIGEST * count)
            for digest, size in zip(range(0, DIGEST * count, DIGEST), lengths, strict=True):
                yield data[at : at + size], data[digest : digest + DIGEST]
                at += size

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def unpacked(archive: Path, sha256: str) -> Iterator[Path]:
    """Give a folder with the files of an archive; raises GonogoError when it is not the one that it was."""
    if not archive.is_file() or digest_of(archive) != sha256:
        raise _damaged(f"{archive} is not the file that its fingerprint.json was written with")
    with tempfile.TemporaryDirectory(prefix=".entries-", dir=archive.parent) as place:
        try:
            with gzip.open(archive) as packed, tarfile.open(fileobj=packed, mode="r|") as files:
                for entry in files:
                    content = files.extractfile(entry)
                    if content is None or not entry.name.isdecimal():
                        raise _damaged(f"{archive} holds {entry.name!r}")
                    with (Path(place) / entry.name).open("wb") as file:
                        shutil.copyfileobj(content, file)
                # tar ends before gzip does, which tells at its end whether all of it was right.
                while packed.read(1 << 20):
                    pass
        except (tarfile.TarError, OSError, EOFError, zlib.error):
            raise _damaged(str(archive)) from None
        yield Path(place)


def digest_of(path: Path) -> str:
    """Return a file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _damaged(what: str) -> GonogoError:
    return GonogoError(f"the fingerprint is damaged ({what}): take another, or use the one of another backup")
