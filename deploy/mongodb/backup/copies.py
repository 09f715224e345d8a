"""Copies of backups on this machine: streamed from the target, checked, and kept as long as those there."""

from __future__ import annotations

import contextlib
import datetime
import glob
import hashlib
import os
import shlex
import shutil
import tarfile
import threading
from collections.abc import Callable, Collection
from pathlib import Path
from typing import IO

from gonogo.deploy.errors import GonogoError, explained
from gonogo.deploy.host import own_folder
from gonogo.deploy.mongodb.backup import manifest
from gonogo.deploy.mongodb.backup.manifest import MANIFEST, PROOF, Backup, Sum
from gonogo.deploy.mongodb.backup.upload_folder import PART, limit_s, named
from gonogo.deploy.release import records
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target import Target

CHUNK = 1 << 20
LEFT_S = 86400.0
"""Seconds without a change after which a copy that was not finished counts as left behind."""


def as_wanted(connection: Connection, target: Target, backup: Backup) -> None:
    """Copy a backup where the target file wants a copy, and remove old copies there; raises GonogoError."""
    if target.backup is None or target.backup.copy_to is None:
        return
    to = target.file.parent / target.backup.copy_to.expanduser()
    try:
        own_folder.refuse(to)
        copy(connection, backup, to)
    except GonogoError as error:
        raise GonogoError(f"the backup {backup.name} is on the target, but {error}") from None
    expire(target, to)


def copy(connection: Connection, backup: Backup, to: Path) -> Path:
    """Copy a backup into a folder of this machine, and return where it lies when it is whole.

    It is read as a stream and has its sums checked here; folders are 0700, files 0600. One that is there
    already is left as it is. Raises GonogoError.
    """
    whole, part = to / backup.name, to / f"{PART}{backup.name}"
    if whole.exists():
        return whole
    try:
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700)
        found = _poured(connection, backup, part)
        _check(backup, part, found)
        _flush(part)
        part.rename(whole)
        _sync(to)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise GonogoError(f"it could not be copied to {to}: {error.strerror or error}") from None
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return whole


def _poured(connection: Connection, backup: Backup, part: Path) -> dict[str, Sum]:
    """Unpack the files of a backup into a folder and return their sums."""
    found: dict[str, Sum] = {}
    wanted = {*backup.manifest.files, MANIFEST, PROOF}

    def unpack(packed: tarfile.TarFile) -> None:
        for member in packed:
            path = member.name.removeprefix("./")
            data = packed.extractfile(member) if member.isreg() and path in wanted else None
            if data is not None:
                for folder in reversed(Path(path).parents):
                    (part / folder).mkdir(mode=0o700, exist_ok=True)
                found[path] = _written(part / path, data)

    with Pipe(unpack) as pipe:
        command = f"tar -C {shlex.quote(str(backup.folder))} -cf - ."
        result = connection.pour(command, pipe.write, timeout=limit_s(backup.manifest.size))
    if not result.ok:
        why = explained(result.error_text)
        raise GonogoError(f"{connection.host}: it could not be read for the copy: {why}")
    return found


def _written(path: Path, data: IO[bytes]) -> Sum:
    digest, size = hashlib.sha256(), 0
    with open(path, "xb", opener=_private) as file:
        while piece := data.read(CHUNK):
            digest.update(piece)
            size += file.write(piece)
    return Sum(size=size, sha256=digest.hexdigest())


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _check(backup: Backup, part: Path, found: dict[str, Sum]) -> None:
    for path, wanted in backup.manifest.files.items():
        if found.get(path) != wanted:
            what = "is missing in it" if path not in found else "is not what the manifest says"
            raise GonogoError(f"the copy of {backup.name} is not whole: {path} {what}; take another backup")
    told = f"the copy of {backup.name}"
    if MANIFEST not in found or manifest.read((part / MANIFEST).read_bytes(), told) != backup.manifest:
        raise GonogoError(f"{told} is not whole: its manifest is not the one that was read before")


def _flush(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        _sync(path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def expire(target: Target, to: Path) -> list[str]:
    """Remove the copies of this target's backups that are too old, but for the newest; return their names.

    The same days and number count as on the target. What is no copy of ours stays: another target's, one that
    somebody named otherwise, a folder with a file more. What a copy left that was cut off a day ago or more
    goes too. What cannot be removed stays for the next time.
    """
    if target.backup is None:
        return []
    now = records.now()
    limit = now - datetime.timedelta(days=target.backup.retention_days)
    for part in to.glob(f"{PART}{glob.escape(target.name)}-*"):
        if part.is_dir() and not part.is_symlink() and now.timestamp() - _touched(part) > LEFT_S:
            shutil.rmtree(part, ignore_errors=True)
    gone = []
    for at, folder, files in _copies(target, to)[target.backup.keep :]:
        there = {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}
        if at < limit and there <= {*files, MANIFEST, PROOF} and _removed(folder):
            gone.append(folder.name)
    return gone


def _copies(target: Target, to: Path) -> list[tuple[datetime.datetime, Path, Collection[str]]]:
    """Return when each of the target's copies was made, its folder and its files; the newest first."""
    found = []
    for path in to.glob(f"{glob.escape(target.name)}-*/{MANIFEST}"):
        folder = path.parent
        with contextlib.suppress(GonogoError, OSError):
            said = manifest.read(path.read_bytes(), folder.name)
            mine = said.target == target.name and folder.name == named(target, said.database, said.at)
            if mine and not folder.is_symlink():
                found.append((said.at, folder, said.files))
    return sorted(found, key=lambda one: one[:2], reverse=True)


def _removed(folder: Path) -> bool:
    # Under another name first: what is left of it, should this be cut off, is no copy to anybody.
    part = folder.with_name(f"{PART}{folder.name}")
    try:
        folder.rename(part)
        shutil.rmtree(part)
    except OSError:
        return False
    return True


def _touched(folder: Path) -> float:
    """Return when something in a folder was changed last, in seconds since 1970."""
    moments = [folder.stat().st_mtime]
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            moments.append(path.lstat().st_mtime)
    return max(moments)


class Pipe:
    """Gives what is written to it to ``take`` as a tar that is read in a thread, in constant memory."""

    def __init__(self, take: Callable[[tarfile.TarFile], None]) -> None:
        """Start the thread. What ``take`` raises is raised by ``write`` or at the end of the ``with``."""
        self._take = take
        self._out, self._in = os.pipe()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, daemon=True, name="gonogo-unpacking")

    def __enter__(self) -> Pipe:
        self._thread.start()
        return self

    def _run(self) -> None:
        with os.fdopen(self._out, "rb", CHUNK) as data:
            try:
                with tarfile.open(fileobj=data, mode="r|", bufsize=CHUNK) as packed:
                    self._take(packed)
                while data.read(CHUNK):
                    pass
            except Exception as error:  # noqa: BLE001  it is raised again where it is waited for
                self._error = error

    def write(self, data: bytes) -> None:
        """Take the next bytes; raises OSError when unpacking them failed."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._in, view) :]

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, _: object) -> None:
        os.close(self._in)
        self._thread.join()
        if isinstance(self._error, tarfile.TarError) and kind is None:
            raise GonogoError(f"it could not be copied: what came is cut off ({self._error})")
        if self._error is not None and not isinstance(self._error, tarfile.TarError):
            raise self._error
