"""The soft assert of a check, for tests that call the check's function themselves."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

from gonogo.checks.plugin.expect import CheckFailed, Expect


@contextlib.contextmanager
def failing(says: str) -> Iterator[Expect]:
    """Give an ``expect`` of which something does not hold: severity and words match this pattern."""
    yield (expect := Expect())
    failed = expect.outcome(None)
    assert isinstance(failed, CheckFailed)
    found = failed.finding("error")
    assert re.search(says, f"{found.severity}: {found.found}")


@contextlib.contextmanager
def passing() -> Iterator[Expect]:
    """Give an ``expect`` of which all holds."""
    yield (expect := Expect())
    assert expect.outcome(None) is None
