"""How much memory a host can give to what is started next."""

from __future__ import annotations

import re

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.noun import Noun

COMMAND = "cat /proc/meminfo"
AVAILABLE = re.compile(r"^MemAvailable:\s+(\d+) kB$", re.MULTILINE)


class Memory(Noun):
    """The memory of a host.

    >>> host.memory.available
    2147483648
    """

    @asked("memory.available")
    def available(self) -> int:
        """The bytes that new processes can have without swapping, as the kernel estimates it (proc(5)).

        Raises GonogoError where it says nothing, as kernels before 3.14.
        """
        found = parse(self.connection.run(COMMAND).text)
        if found is None:
            raise GonogoError(
                f"{self.machine}: the available memory is not known: /proc/meminfo does not say"
            )
        return found


def parse(text: str) -> int | None:
    """Return the bytes that /proc/meminfo calls available, None where it does not say."""
    match = AVAILABLE.search(text)
    # The kernel's kB are of 1024 bytes.
    return int(match[1]) * 1024 if match else None
