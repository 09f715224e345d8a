"""How far a push or a pull is: the events that Docker's engine streams about it, counted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from gonogo.deploy.errors import GonogoError, cause

Event = Mapping[str, Any]

_MOVES = {"Pushing": "push", "Downloading": "pull"}
# What comes next is told at times without that a layer is complete.
_MOVED = {"Pushed": "push"} | dict.fromkeys(
    ("Verifying Checksum", "Download complete", "Extracting", "Pull complete"), "pull"
)
_OTHER = "other", ""
_DIGEST = re.compile(r"\bdigest: (sha256:[0-9a-f]{64})\b")


class TransferProgress:
    """Counts the bytes of one transfer: those of layers, by Docker's events, and those of a stream.

    ``on_bytes`` hears how many more have gone through: those of layers as they are unpacked for a push, and
    as they are packed for a pull, since that is what Docker tells. ``on_total`` hears how many they are in
    all that has begun. ``say`` hears what is begun, ``warn`` why no bytes are told.
    """

    def __init__(
        self,
        on_bytes: Callable[[int], object] | None = None,
        on_total: Callable[[int], object] | None = None,
        say: Callable[[str], object] = str,
        warn: Callable[[str], object] = str,
    ) -> None:
        self._on_bytes, self._on_total = on_bytes, on_total
        self.say, self.warn = say, warn
        self._gone: dict[tuple[str, str], int] = {}
        self._whole: dict[tuple[str, str], int] = {}

    def layer(self, event: Event) -> None:
        """Take an event of a push or a pull; those that are about no layer's bytes are ignored."""
        status, layer, detail = event.get("status"), str(event.get("id")), event.get("progressDetail")
        if way := _MOVES.get(str(status)):
            detail = detail if isinstance(detail, dict) else {}
            # The last amount of a layer stands alone, without how much it is in all.
            now, whole = _bytes(detail.get("current")), _bytes(detail.get("total"))
            self._count((way, layer), now, max(now, whole))
        elif way := _MOVED.get(str(status)):
            self._count((way, layer), self._whole.get((way, layer), 0), 0)

    def add(self, count: int) -> None:
        """Count bytes that go another way."""
        if self._on_bytes:
            self._on_bytes(count)

    def expect(self, total: int) -> None:
        """Know how many bytes go that other way in all."""
        self._know(_OTHER, total)

    def _count(self, key: tuple[str, str], now: int, whole: int) -> None:
        if whole > self._whole.get(key, 0):
            self._know(key, whole)
        # A layer that is tried again begins anew, and what is told only ever grows.
        if (more := now - self._gone.get(key, 0)) > 0:
            self._gone[key] = now
            self.add(more)

    def _know(self, key: tuple[str, str], whole: int) -> None:
        self._whole[key] = whole
        if self._on_total:
            self._on_total(sum(self._whole.values()))


def follow(events: Iterable[object], progress: TransferProgress) -> str:
    """Count the events of a push or a pull until its end; return the digest that a push told, else "".

    Raises GonogoError with the engine's last line where it told an error: it does so in the stream, whose
    HTTP status is 200.
    """
    digest = ""
    for event in events:
        if not isinstance(event, dict):
            continue
        if error := _error(event):
            raise GonogoError(error)
        progress.layer(event)
        # An engine with containerd's store tells it nowhere else.
        digest = pushed_digest(str(event.get("status") or "")) or digest
    return digest


def pushed_digest(text: str) -> str:
    """Return the digest that a push told last in the words of Docker, "" if none."""
    return next(iter(_DIGEST.findall(text)[-1:]), "")


def _error(event: Event) -> str:
    """Return the error that an event tells, "" if none; later engines leave ``error`` out."""
    detail = event.get("errorDetail")
    message = detail.get("message") if isinstance(detail, dict) else ""
    said = message or event.get("error")
    return cause(str(said or "")) if said or detail else ""


def _bytes(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0
