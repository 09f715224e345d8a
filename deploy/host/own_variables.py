"""The environment variables of this process, which another thread may change meanwhile.

pytest sets and removes PYTEST_CURRENT_TEST with each test, and one that is removed between the list of names
and its value ends a plain copy with a KeyError. Libraries copy them as well: requests looks through all of
them for proxies with every request, and Docker's SDK is built upon requests.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
TRIES = 100
"""A library that met a change so often in a row has met something else."""


def own_variables() -> dict[str, str]:
    """Return a copy of this process's variables."""
    while True:
        try:
            return dict(os.environ)
        except (KeyError, RuntimeError):
            continue


def steady(read: Callable[[], T]) -> T:
    """Return what ``read`` returns, which reads the variables and does nothing else that matters twice."""
    for _ in range(TRIES):
        try:
            return read()
        except (KeyError, RuntimeError):
            continue
    return read()
