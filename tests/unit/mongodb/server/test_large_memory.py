"""Where a large piece of memory comes from, once one of its size was free."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import ctypes
from gonogo.deploy.mongodb.server import large_memory

class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in "abcdefghij"]
    mapped = property(lambda self: self.d)

mallinfo2 = ctypes.CDLL(None).mallinfo2
mallinfo2.restype = Info
for call in CALLS:
    call()
bytes(16 << 20)  # freed at once
before = mallinfo2().mapped
kept = bytes(16 << 20)
print(mallinfo2().mapped - before)
"""


def mapped(calls: str) -> str:
    """Return how many pieces a program takes from the system for one of 16 MB.

    They are ``hblks`` in mallinfo2(3), the fourth of its fields.
    """
    program = PROGRAM.replace("CALLS", calls)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    if "mallinfo2" in done.stderr:
        pytest.skip("this C library does not tell where memory comes from")
    assert not done.stderr
    return done.stdout.strip()


def test_it_is_the_systems_own_and_goes_back_there() -> None:
    assert mapped("()") == "0"
    assert mapped("(large_memory.give_back,)") == "1"
