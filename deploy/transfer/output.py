"""The output of a program that takes long: its lines, each as soon as it is there."""

from __future__ import annotations

from collections.abc import Callable


class Output:
    """Takes output in pieces of any size; ``lines`` are those until now, without empty ones."""

    def __init__(self, say: Callable[[str], object]) -> None:
        """``say`` hears each line."""
        self._say, self._rest = say, b""
        self.lines: list[str] = []

    def feed(self, piece: bytes) -> None:
        """Take what was printed next."""
        *whole, self._rest = (self._rest + piece).split(b"\n")
        for raw in whole:
            if line := raw.decode("utf-8", "replace").strip():
                self.lines.append(line)
                self._say(line)

    def end(self) -> None:
        """Know that nothing comes any more: a last line may lack its end."""
        self.feed(b"\n")
