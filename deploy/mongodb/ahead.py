"""Pieces that are fetched ahead by a thread, so that fetching them and using them take place at once."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

MOST = 16 << 20
"""Bytes that may wait; one batch of MongoDB's has 16 MB at most."""
PATIENCE_S = 1.0


class Closed(Exception):
    """What was fetched ahead is wanted no more."""


class Ahead(Generic[T]):
    """Iterates over what another iterator gives, which runs in a thread of its own. Close it.

    ``size`` tells the bytes of a piece; pieces of ``most`` bytes may wait, and one piece always. What the
    iterator raises is raised where its piece would have come.
    """

    def __init__(self, source: Iterator[T], size: Callable[[T], int], most: int = MOST) -> None:
        self._source, self._size, self._most = source, size, most
        self._waiting: deque[T] = deque()
        self._bytes = 0
        self._changed = threading.Condition()
        self._over = self._closed = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True, name="gonogo-ahead-of-backup")
        self._thread.start()

    def _run(self) -> None:
        try:
            for piece in self._source:
                if not self._put(piece):
                    return
        except BaseException as error:  # noqa: BLE001  it is raised again where it is waited for
            self._error = error
        finally:
            with self._changed:
                self._over = True
                self._changed.notify_all()
            getattr(self._source, "close", bool)()

    def _put(self, piece: T) -> bool:
        size = self._size(piece)
        with self._changed:
            self._changed.wait_for(
                lambda: self._closed or not self._waiting or self._bytes + size <= self._most
            )
            self._waiting.append(piece)
            self._bytes += size
            self._changed.notify_all()
            return not self._closed

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._over or self._closed)
            if self._closed:
                # An end would pass for the end of the data.
                raise Closed
            if self._waiting:
                piece = self._waiting.popleft()
                self._bytes -= self._size(piece)
                self._changed.notify_all()
                return piece
        if self._error is not None:
            raise self._error
        raise StopIteration

    def close(self) -> None:
        """End the thread; what waits is dropped."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()
        # It may wait for a server that does not answer; whoever closes the client ends it.
        self._thread.join(PATIENCE_S)
