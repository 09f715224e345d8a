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
_ANNOUNCED = {"Preparing": "push", "Waiting": "push", "Pulling fs layer": "pull"}
_THERE = {"Layer already exists": "push", "Already exists": "pull"}
_DIGEST = re.compile(r"\bdigest: (sha256:[0-9a-f]{64})\b")


class TransferProgress:
    """Counts the bytes of one transfer, phase by phase: those of layers, by Docker's events, or of a stream.

    ``on_bytes`` hears how many more have gone through: those of layers as they are unpacked for a push, and
    as they are packed for a pull, since that is what Docker tells. ``on_phase`` hears what begins, and how
    many bytes it will be where that is known by then. Where it is not, ``on_total`` hears it once, as soon as
    all layers have told their size; it never changes, and no more bytes than that are told. ``say`` hears
    what is begun, ``warn`` why no bytes are told.
    """

    def __init__(
        self,
        on_bytes: Callable[[int], object] | None = None,
        on_total: Callable[[int], object] | None = None,
        say: Callable[[str], object] = str,
        warn: Callable[[str], object] = str,
        on_phase: Callable[[str, int | None], object] | None = None,
    ) -> None:
        self._on_bytes, self._on_total, self._on_phase = on_bytes, on_total, on_phase
        self.say, self.warn = say, warn
        self._forget(None)

    def phase(self, name: str, total: int | None = None) -> None:
        """Begin a phase, such as ``pushing`` or ``loading``; ``total``: its bytes, None where not known."""
        self._forget(total or None)
        if self._on_phase:
            self._on_phase(name, self._total)

    def complete(self) -> None:
        """Know that all of the phase is through: what was there already was not told."""
        if self._total:
            self.add(self._total - self._sent)

    def layer(self, event: Event) -> None:
        """Take an event of a push or a pull; those that are about no layer's bytes are ignored."""
        status, layer, detail = str(event.get("status")), str(event.get("id")), event.get("progressDetail")
        if way := _MOVES.get(status):
            detail = detail if isinstance(detail, dict) else {}
            # The last amount of a layer stands alone, without how much it is in all.
            now, whole = _bytes(detail.get("current")), _bytes(detail.get("total"))
            self._count((way, layer), now, max(now, whole))
        elif way := _MOVED.get(status):
            self._count((way, layer), self._whole.get((way, layer), 0), 0)
        elif way := _ANNOUNCED.get(status):
            self._pending.add((way, layer))
        elif way := _THERE.get(status):
            self._pending.discard((way, layer))

    def add(self, count: int) -> None:
        """Count bytes, as far as they are not more than all."""
        count = count if self._total is None else min(count, self._total - self._sent)
        if count > 0:
            self._sent += count
            if self._on_bytes:
                self._on_bytes(count)

    def reached(self, count: int) -> None:
        """Know how many bytes of the phase are through."""
        self.add(count - self._sent)

    def _forget(self, total: int | None) -> None:
        self._total, self._sent = total, 0
        self._gone: dict[tuple[str, str], int] = {}
        self._whole: dict[tuple[str, str], int] = {}
        self._pending: set[tuple[str, str]] = set()

    def _count(self, key: tuple[str, str], now: int, whole: int) -> None:
        if whole > self._whole.get(key, 0):
            self._whole[key] = whole
            self._pending.discard(key)
        if self._total is None and self._whole and not self._pending:
            self._total = sum(self._whole.values())
            if self._on_total:
                self._on_total(self._total)
        # A layer that is tried again begins anew, and what is told only ever grows.
        if (more := now - self._gone.get(key, 0)) > 0:
            self._gone[key] = now
            self.add(more)


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
