"""Pieces that a thread fetches ahead, so that one is fetched while the one before is used."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")

PATIENCE_S = 1.0
TURN_S = 0.0005
"""How soon another thread has its turn, see ``turns``."""


class Closed(Exception):
    """What was fetched ahead is wanted no more."""


@contextmanager
def turns() -> Iterator[None]:
    """Let the threads of this process have their turns after TURN_S at most.

    With Python's own 5 ms, whoever reads or writes piece by piece waits that long for each while another
    thread looks at documents.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, TURN_S))
    try:
        yield
    finally:
        sys.setswitchinterval(before)


class Ahead(Generic[T]):
    """Iterates over what another iterator gives, which runs in a thread of its own. Close it.

    One piece waits at most, and while it does no other is fetched, for each may be large. What the iterator
    raises is raised where its piece would have come.
    """

    def __init__(self, source: Iterator[T]) -> None:
        """Begin to fetch."""
        self._source = source
        self._waiting: list[T] = []
        self._changed = threading.Condition()
        self._over = self._closed = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True, name="gonogo-ahead-of-backup")
        self._thread.start()

    def _run(self) -> None:
        try:
            for piece in self._source:
                with self._changed:
                    self._waiting.append(piece)
                    del piece
                    self._changed.notify_all()
                    self._changed.wait_for(lambda: self._closed or not self._waiting)
                    if self._closed:
                        return
        except BaseException as error:  # noqa: BLE001  it is raised again where it is waited for
            self._error = error
        finally:
            with self._changed:
                self._over = True
                self._changed.notify_all()
            getattr(self._source, "close", bool)()

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._over or self._closed)
            if self._closed:
                # An end would pass for the end of the data.
                raise Closed
            if self._waiting:
                self._changed.notify_all()
                return self._waiting.pop()
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
