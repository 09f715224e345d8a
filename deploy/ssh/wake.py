"""What wakes a thread that waits for an answer."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable


class Wake:
    """Wakes whoever waits for an answer, from another thread, to do what ``call`` is."""

    def __init__(self) -> None:
        self._read, self._written = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._written, False)
        self.call: Callable[[], None] = lambda: None

    def fileno(self) -> int:
        """Return the descriptor that is readable once somebody rang."""
        return self._read

    def ring(self) -> None:
        """Wake whoever waits, or will."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._written, b"!")

    def answer(self) -> None:
        """Do what there is to do."""
        with contextlib.suppress(BlockingIOError):
            while os.read(self._read, 4096):
                pass
        self.call()

    def close(self) -> None:
        """Close both ends."""
        os.close(self._read)
        os.close(self._written)
