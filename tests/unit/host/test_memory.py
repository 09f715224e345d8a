"""The memory of a host, from recorded answers."""

from __future__ import annotations

import pytest

from gonogo.deploy.errors import Unknown
from tests.unit import stacks


def test_the_memory_that_is_available() -> None:
    text = "MemTotal:       32768000 kB\nMemFree:          100000 kB\nMemAvailable:   24000000 kB\n"
    assert stacks.host(0, text).memory.available == 24_000_000 * 1024
    with pytest.raises(Unknown, match=r"^web: the available memory is not known"):
        _ = stacks.host(0, "MemTotal: 1 kB\nMemFree: 1 kB\n").memory.available
