"""How much memory the target can give to what is started next."""

from __future__ import annotations

import re

from gonogo.deploy.connection import Connection
from gonogo.deploy.errors import GonogoError

COMMAND = "cat /proc/meminfo"
AVAILABLE = re.compile(r"^MemAvailable:\s+(\d+) kB$", re.MULTILINE)


def available(connection: Connection) -> int:
    """Return the bytes that new processes can have without swapping, as the kernel estimates it (proc(5)).

    Raises GonogoError where it says nothing, as kernels before 3.14.
    """
    found = AVAILABLE.search(connection.run(COMMAND).text)
    if not found:
        raise GonogoError(f"{connection.host}: the available memory is not known: /proc/meminfo does not say")
    # The kernel's kB are of 1024 bytes.
    return int(found[1]) * 1024
