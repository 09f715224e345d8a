"""How much memory a fingerprint takes: needs no server."""

from __future__ import annotations

import subprocess
import sys

MEASURED = """
import sys, tempfile, pathlib, bson, types
from gonogo.deploy.mongodb.fingerprint import batches, compare, fingerprint, ttl
from gonogo.deploy.mongodb.server import source
from gonogo.deploy.mongodb.server.source import Namespace
rows = int(sys.argv[1])
space = Namespace("c", indexes=({"key": {"_id": 1}, "name": "_id_"},))
def reading(*_):
    for first in range(0, rows, 5000):
        yield b"".join(bson.encode({"_id": n, "x": f"{n + shift}" * 5}) for n in range(first, first + 5000))
source.namespaces, batches.read, ttl.removals = (lambda *_: [space]), reading, lambda _: None
with tempfile.TemporaryDirectory() as a, tempfile.TemporaryDirectory() as b:
    shift = 0
    fingerprint.take(None, "d", pathlib.Path(a), hashed=False)
    shift = 1
    fingerprint.take(None, "d", pathlib.Path(b), hashed=False)
    (found,) = compare.between(pathlib.Path(a), pathlib.Path(b))
    assert found.count == rows, found
# ru_maxrss would begin with that of the process which started this one.
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def test_memory_does_not_grow_with_the_data() -> None:
    """The most that a process had, in kB: with 300,000 documents hardly more than with 30,000."""
    small, large = (
        int(subprocess.check_output([sys.executable, "-c", MEASURED, str(rows)]))
        for rows in (30_000, 300_000)
    )
    assert large < 200_000 and large - small < 60_000, (small, large)
