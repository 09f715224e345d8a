"""An image archive on its way: its manifest is read while its bytes pass through."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import subprocess
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol, cast

from gonogo.deploy.errors import GonogoError, explained
from gonogo.deploy.transfer.tar_members import PIECE, Damaged, Member, Members

MANIFEST, INDEX = "manifest.json", "index.json"
LARGEST_INDEX = 16 << 20
WIDE = 1 << 20
"""Bytes that wait between ``docker save`` and its reader, the most that anybody may have (pipe(7))."""
PATIENCE_S = 30.0
BROKEN_OFF = "the image archive was not taken to its end"


class Sieve(Protocol):
    """What decides which members of an archive are sent, and under which names."""

    def reads(self, member: Member) -> bool:
        """Return whether ``read`` wants the content of a member, which is then small."""

    def read(self, member: Member, content: bytes) -> None:
        """Learn from the content of a member, which comes before those that it is about."""

    def head(self, member: Member) -> bytes:
        """Return the header under which a member is sent; empty where it is left out."""

    def tail(self) -> bytes:
        """Return further members, which come last."""


class Archive:
    """``docker save`` of images, as a readable stream that fails unless it holds exactly those images.

    A pipe whose first half fails must not pass for an archive (incident D2), so reading raises GonogoError
    when ``docker save`` fails or when the manifest names other images than asked for. What ``sieve`` leaves
    out is not among the bytes; content passes unchanged.
    """

    def __init__(
        self,
        ids: Sequence[str],
        argv: Sequence[str] = ("docker", "save"),
        sieve: Callable[[], Sieve] | None = None,
    ) -> None:
        """Start ``docker save``; ``sieve`` is called meanwhile, in another thread, since that takes long."""
        self._wanted, self._make, self._sieve = set(ids), sieve, cast("Sieve | None", None)
        try:
            self._process = subprocess.Popen(
                [*argv, *sorted(self._wanted)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            raise GonogoError(f"{argv[0]} does not start on this machine: {error.strerror}") from None
        assert self._process.stdout
        with contextlib.suppress(OSError, AttributeError):  # less will do
            fcntl.fcntl(self._process.stdout.fileno(), fcntl.F_SETPIPE_SZ, WIDE)
        out, self._into = os.pipe()
        self._out = os.fdopen(out, "rb", buffering=0)
        self._fault = BROKEN_OFF
        self.bytes = 0
        self._words = b""
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._watch, self._listen)]
        # The listener first: the watcher may be done, and wait for it, before this loop goes on.
        for thread in reversed(self._threads):
            thread.start()

    def read(self, size: int = PIECE) -> bytes:
        """Return the next bytes, nothing at the end; raises GonogoError instead of an end that is no end."""
        data = self._out.read(size if size > 0 else PIECE)
        if not data:
            self._threads[0].join()
            if self._fault:
                raise GonogoError(self._fault)
        self.bytes += len(data)
        return data

    def close(self) -> None:
        """End ``docker save`` if it still runs; can be called again."""
        self._out.close()
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for thread, stream in zip(self._threads, (self._process.stdout, self._process.stderr), strict=True):
            thread.join(5)
            if stream and not thread.is_alive():
                stream.close()

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _listen(self) -> None:
        assert self._process.stderr
        self._words = self._process.stderr.read()

    def _watch(self) -> None:
        assert self._process.stdout
        found: dict[str, set[str]] = {}
        members = Members(self._process.stdout)
        try:
            self._sieve = self._make() if self._make else None
            for member in members:
                self._pass(members, member, found)
            self._write((self._sieve.tail() if self._sieve else b"") + members.end)
            self._fault = ""
        except Damaged as error:
            self._fault = f"the image archive is damaged: {error}"
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            self._fault = f"the image archive is damaged ({type(error).__name__})"
        except GonogoError as error:
            self._fault = str(error)
        except OSError:
            self._fault = BROKEN_OFF
        finally:
            try:
                self._judge(found, members.ended)
            finally:
                os.close(self._into)

    def _pass(self, members: Members, member: Member, found: dict[str, set[str]]) -> None:
        sieve, pieces = self._sieve, members.content(member)
        indexed = member.name in (MANIFEST, INDEX) and member.size <= LARGEST_INDEX
        if indexed or (sieve and sieve.reads(member)):
            content = b"".join(pieces)
            if indexed:
                found[member.name] = identities(member.name, json.loads(content[: member.size]))
            if sieve:
                sieve.read(member, content[: member.size])
            pieces = iter([content])
        head = sieve.head(member) if sieve else member.head
        self._write(head)
        for piece in pieces:
            if head:
                self._write(piece)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._into, view) :]

    def _judge(self, found: dict[str, set[str]], ended: bool) -> None:
        try:
            status = self._process.wait(PATIENCE_S) if ended else 0
        except subprocess.TimeoutExpired:
            self._fault, ended = "docker save did not end on this machine", False
        if not ended:  # it may wait for ever for somebody to read the rest
            self._process.kill()
        elif status != 0:
            self._threads[1].join(5)
            why = explained(self._words.decode("utf-8", "replace"))
            self._fault = f"docker save failed on this machine: {why}"
        missing = self._wanted - set().union(*found.values())
        if missing and not self._fault:
            self._fault = f"the image archive lacks {', '.join(sorted(missing))}: nothing was deployed"
        if len(found.get(MANIFEST, ())) > len(self._wanted) and not self._fault:
            foreign = ", ".join(sorted(found[MANIFEST] - self._wanted))
            self._fault = f"the image archive holds {foreign}, which nobody asked for: nothing was deployed"


def identities(name: str, content: Any) -> set[str]:
    """Return the image ids that ``manifest.json`` or ``index.json`` of an image archive names.

    An id is the digest of the image's configuration (Docker's image specification 1.2), or, where the engine
    keeps its images in containerd, that of its manifest (the OCI image layout's index).
    """
    if name == INDEX:
        return {str(entry["digest"]) for entry in content.get("manifests", [])}
    digests = (str(image["Config"]).rpartition("/")[2].removesuffix(".json") for image in content)
    return {f"sha256:{digest}" for digest in digests}
