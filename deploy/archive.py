"""An image archive on its way: its manifest is read while its bytes pass through."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tarfile
import threading
from collections.abc import Sequence
from typing import Any, BinaryIO, cast

from deploy.errors import GonogoError

PIECE = 1 << 18
LARGEST_INDEX = 16 << 20


class Archive:
    """``docker save`` of images, as a readable stream that fails unless it holds exactly those images.

    A pipe whose first half fails must not pass for an archive (incident D2), so reading raises GonogoError
    when ``docker save`` fails or when the manifest names other images than asked for.
    """

    def __init__(self, ids: Sequence[str], argv: Sequence[str] = ("docker", "save")) -> None:
        self._wanted = set(ids)
        self._process = subprocess.Popen(
            [*argv, *sorted(self._wanted)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._out, self._into = os.pipe()
        self._fault: str = ""
        self.bytes = 0
        self._words = b""
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._watch, self._listen)]
        for thread in self._threads:
            thread.start()

    def read(self, size: int = PIECE) -> bytes:
        """Return the next bytes, nothing at the end; raises GonogoError instead of an end that is no end."""
        data = os.read(self._out, size if size > 0 else PIECE)
        if not data:
            for thread in self._threads:
                thread.join()
            if self._fault:
                raise GonogoError(self._fault)
        self.bytes += len(data)
        return data

    def close(self) -> None:
        """End ``docker save`` if it still runs."""
        os.close(self._out)
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for thread in self._threads:
            thread.join(5)

    def __enter__(self) -> BinaryIO:
        return cast(BinaryIO, self)

    def __exit__(self, *_: object) -> None:
        self.close()

    def _listen(self) -> None:
        assert self._process.stderr
        self._words = self._process.stderr.read()

    def _watch(self) -> None:
        assert self._process.stdout
        tee = _Tee(self._process.stdout, self._into)
        found: set[str] = set()
        try:
            with tarfile.open(fileobj=cast(BinaryIO, tee), mode="r|") as tar:
                for member in tar:
                    if member.name in ("manifest.json", "index.json") and member.size <= LARGEST_INDEX:
                        found |= identities(member.name, json.load(cast(BinaryIO, tar.extractfile(member))))
            while tee.read(PIECE):
                pass
        except (tarfile.TarError, ValueError, KeyError, TypeError, AttributeError) as error:
            self._fault = f"the image archive is damaged ({type(error).__name__})"
        except OSError:
            self._fault = "the image archive was not taken to its end"
        finally:
            self._judge(found)
            os.close(self._into)

    def _judge(self, found: set[str]) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self._process.wait(30) != 0 and not self._fault.startswith("the image archive was not"):
                self._threads[1].join(5)
                last = (self._words.decode("utf-8", "replace").strip() or "it said nothing").splitlines()[-1]
                self._fault = f"docker save failed on this machine: {last}"
        missing = self._wanted - found
        if missing and not self._fault:
            self._fault = f"the image archive lacks {', '.join(sorted(missing))}: nothing was deployed"


class _Tee:
    """Reads a stream and copies what it read into a descriptor."""

    def __init__(self, source: Any, into: int) -> None:
        self._source, self._into = source, into

    def read(self, size: int) -> bytes:
        data: bytes = self._source.read(size)
        view = memoryview(data)
        while view:
            view = view[os.write(self._into, view) :]
        return data


def identities(name: str, content: Any) -> set[str]:
    """Return the image ids that ``manifest.json`` or ``index.json`` of an image archive names.

    An id is the digest of the image's configuration (Docker's image specification 1.2), or, where the engine
    keeps its images in containerd, that of its manifest (the OCI image layout's index).
    """
    if name == "index.json":
        return {str(entry["digest"]) for entry in content.get("manifests", [])}
    digests = (str(image["Config"]).rpartition("/")[2].removesuffix(".json") for image in content)
    return {f"sha256:{digest}" for digest in digests}
