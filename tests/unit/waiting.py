"""Waiting for what another thread or process does, however busy the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_S = 10


def until(true: Callable[[], bool]) -> None:
    """Return as soon as something is true; fails when it never is."""
    limit = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < limit, f"not within {PATIENCE_S} s"
        time.sleep(0.002)
