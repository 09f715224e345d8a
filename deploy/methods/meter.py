"""How far a push or a pull is: Docker's client draws it on a terminal, and here it is read off."""

from __future__ import annotations

import re
from collections.abc import Callable

# Cursor movements and erasures, ECMA-48 5.4.
_DRAWN = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_SIZE = r"\d+(?:\.\d+)? ?[kMGT]?B"
_LAYER = re.compile(
    r"(?P<layer>[0-9a-f]{12}): (?P<does>[A-Z][\w ]*?)"
    rf"(?:\s+(?:\[.*\]\s*)?(?P<now>{_SIZE})(?:/(?P<all>{_SIZE}))?)?(?:\s+[\dhms.]+)?"
)
_ENDS = re.compile(rb"[\r\n]+")
_UNITS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
"""Docker's client writes sizes in powers of ten, with four digits."""

_MOVES = {"Pushing": "push", "Downloading": "pull"}
_OTHER = "other", ""
# What comes next is drawn at times without that it is complete.
_MOVED = {"Pushed": "push"} | dict.fromkeys(
    ("Verifying Checksum", "Download complete", "Extracting", "Pull complete"), "pull"
)


class Meter:
    """Counts the bytes of one transfer: read off what Docker's client draws, or told.

    ``on_bytes`` hears how many more have gone through: those of layers as they are unpacked for a push, and
    as they are packed for a pull, since that is what Docker tells. ``on_total`` hears how many they are in
    all that has begun.
    """

    def __init__(
        self,
        on_bytes: Callable[[int], object] | None = None,
        on_total: Callable[[int], object] | None = None,
    ) -> None:
        self._on_bytes, self._on_total = on_bytes, on_total
        self._rest = b""
        self._gone: dict[tuple[str, str], int] = {}
        self._whole: dict[tuple[str, str], int] = {}
        self.lines: list[str] = []
        """What was said beside the layers' progress."""

    def feed(self, piece: bytes) -> None:
        """Take what was printed next."""
        *parts, self._rest = _ENDS.split(self._rest + piece)
        for part in parts:
            self._take(part)

    def end(self) -> None:
        """Know that nothing will come after a last line without an end."""
        self.feed(b"\n")

    def add(self, count: int) -> None:
        """Count bytes that go another way."""
        if self._on_bytes:
            self._on_bytes(count)

    def expect(self, total: int) -> None:
        """Know how many bytes go that other way in all."""
        self._know(_OTHER, total)

    def _take(self, part: bytes) -> None:
        text = _DRAWN.sub("", part.decode("utf-8", "replace")).strip()
        found = _LAYER.fullmatch(text)
        if found is None:
            self.lines += [text] if text else []
        elif way := _MOVES.get(found["does"]):
            # The last amount of a layer stands alone, without how much it is in all.
            now = _bytes(found["now"] or "0B")
            whole = _bytes(found["all"] or "0B")
            self._count((way, found["layer"]), now, max(now, whole))
        elif way := _MOVED.get(found["does"]):
            key = way, found["layer"]
            self._count(key, self._whole.get(key, 0), 0)

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


def _bytes(text: str) -> int:
    found = re.fullmatch(r"([\d.]+) ?(\w+)", text)
    assert found  # it is a part of what _LAYER matched
    return int(float(found[1]) * _UNITS[found[2]])
