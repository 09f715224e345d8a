"""The environment variables of this process."""

from __future__ import annotations

import os


def own_variables() -> dict[str, str]:
    """Return a copy of this process's variables; another thread may change them meanwhile.

    pytest sets and removes PYTEST_CURRENT_TEST with each test, and one that is removed between the list of
    names and its value ends a plain copy with a KeyError.
    """
    while True:
        try:
            return dict(os.environ)
        except (KeyError, RuntimeError):
            continue
