"""Memory for large documents, which goes back to the system as soon as it is free."""

from __future__ import annotations

import contextlib
import ctypes

M_MMAP_THRESHOLD = -3
"""From malloc.h of the GNU C library."""
LARGE = 1 << 20
"""Bytes from which a piece of memory is the system's own (``mmap``)."""


def give_back() -> None:
    """Have pieces of LARGE or more given back when they are free; a C library without mallopt(3) stays.

    By itself the GNU one keeps pieces of up to 32 MB as soon as one of that size was free, for each thread
    apart: a third more, for documents of 16 MB that pass from one thread to another.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE)
