"""Reading a backup: its files in a stream from the target, each compared with the manifest as it passes."""

from __future__ import annotations

import contextlib
import hashlib
import shlex
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from queue import Empty, Full, Queue
from typing import IO, cast

from gonogo.deploy.errors import GonogoError, explained
from gonogo.deploy.mongodb.backup import layout
from gonogo.deploy.mongodb.backup.backup_store import Backup
from gonogo.deploy.mongodb.backup.manifest import Sum
from gonogo.deploy.mongodb.backup.upload_folder import limit_s
from gonogo.deploy.mongodb.fingerprint.read_ahead import Closed
from gonogo.deploy.ssh.connection import Connection

PIECE = 1 << 20
BLOCK = 1 << 18
WAITING = 16
"""Pieces that may wait; each has 256 kB at most."""
CLOSED_S = 0.5
"""Seconds after which it is seen that nobody reads any more."""
END_S = 30.0
"""Seconds that the stream may take to end after its last byte."""


class BackupDamaged(GonogoError):
    """A backup is not what its manifest says, or what it says is no dump; the message names the file."""


class Files:
    """The files of a backup that end alike, in one stream from the target, each checked as it passes.

    As a context manager it gives them one after another, with their paths, in the order of these.
    """

    def __init__(self, connection: Connection, backup: Backup, ending: str) -> None:
        self._connection, self._backup, self._ending = connection, backup, ending
        self._passing = Passing()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._pour, daemon=True, name="gonogo-backup")

    def __enter__(self) -> Iterator[tuple[str, Checked]]:
        self._thread.start()
        return self._files()

    def __exit__(self, *_: object) -> None:
        self._passing.close()
        self._thread.join(END_S)

    def _pour(self) -> None:
        folder = shlex.quote(str(self._backup.folder))
        find = f"find {layout.DUMP} -type f -name {shlex.quote(f'*{self._ending}')} -print0"
        command = f"cd {folder} && {find} | LC_ALL=C sort -z | tar -cf - --null -T -"
        try:
            limit = limit_s(self._backup.manifest.size)
            result = self._connection.pour(command, self._passing.put, timeout=limit)
            if not result.ok:
                why = explained(result.error_text).removeprefix("tar: ")
                self._error = BackupDamaged(f"the backup {self._backup.name} cannot be read: {why}")
        except Closed:
            pass  # whoever read it has given up, and says why
        except (GonogoError, OSError) as error:
            self._error = error
        finally:
            self._passing.end()

    def _files(self) -> Iterator[tuple[str, Checked]]:
        told, wanted = f"the backup {self._backup.name}", self._wanted()
        try:
            with tarfile.open(fileobj=cast(IO[bytes], self._passing), mode="r|", bufsize=BLOCK) as archive:
                for entry in archive:
                    path, file = str(PurePosixPath(entry.name)), archive.extractfile(entry)
                    if file is None or path not in wanted:
                        continue
                    checked = Checked(file, wanted.pop(path), f"{told}: {path}", self._broken)
                    yield path, checked
                    checked.end()
        except tarfile.TarError as error:
            raise self._broken(error) from None
        self._thread.join(END_S)
        if self._error:
            raise self._error
        if wanted:
            raise BackupDamaged(f"{told} lacks {min(wanted)}: use another backup")

    def _broken(self, error: Exception) -> BaseException:
        """Return why the stream is none: what ended it says it better than what it is cut off at."""
        self._thread.join(END_S)
        return self._error or BackupDamaged(f"the backup {self._backup.name} cannot be read whole: {error}")

    def _wanted(self) -> dict[str, Sum]:
        files = self._backup.manifest.files
        return {path: one for path, one in files.items() if path.endswith(self._ending)}


class Passing:
    """Hands bytes from one thread to another, which reads them as a file; what waits is bounded."""

    def __init__(self) -> None:
        self._pieces: Queue[bytes] = Queue(WAITING)
        self._closed = self._ended = False

    def put(self, piece: bytes) -> None:
        """Give the next bytes, when there is room for them; raises Closed where nobody reads any more."""
        while not self._closed:
            with contextlib.suppress(Full):
                self._pieces.put(piece, timeout=CLOSED_S)
                return
        raise Closed

    def end(self) -> None:
        """Say that nothing comes any more."""
        with contextlib.suppress(Closed):
            self.put(b"")

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, as many as came at once, whatever ``size``; nothing at the end."""
        if self._ended:
            return b""
        piece = self._pieces.get()
        self._ended = not piece
        return piece

    def close(self) -> None:
        """Read no more; whoever waits for room sees it at once."""
        self._closed = True
        with contextlib.suppress(Empty):
            while True:
                self._pieces.get_nowait()


class Checked:
    """A file that is checked while it is read; ``end`` raises BackupDamaged where it is another."""

    def __init__(
        self, file: IO[bytes], wanted: Sum, told: str, broken: Callable[[Exception], BaseException]
    ) -> None:
        self._file, self._wanted, self._told, self._broken = file, wanted, told, broken
        self._sum, self._size = hashlib.sha256(), 0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes; raises why there are none where the stream was cut off."""
        try:
            data = self._file.read(size)
        except (tarfile.TarError, OSError) as error:
            raise self._broken(error) from None
        self._sum.update(data)
        self._size += len(data)
        return data

    def end(self) -> None:
        """Read what nobody read, and compare size and SHA-256 with the manifest's."""
        while self.read(PIECE):
            pass
        if self._size != self._wanted.size:
            raise BackupDamaged(
                f"{self._told} has {self._size} bytes, and {self._wanted.size} in its manifest: use another "
                "backup"
            )
        unequal(self._sum.hexdigest(), self._wanted, self._told)


def unequal(sha256: str, wanted: Sum, told: str) -> None:
    """Raise BackupDamaged where the SHA-256 of a file is not that of the manifest."""
    if sha256 != wanted.sha256:
        raise BackupDamaged(f"{told} is not what its manifest says (SHA-256): use another backup")
