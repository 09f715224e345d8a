"""Run as a program: makes one backup of a ground in a process of its own, and says what it cost.

``python -m tests.mongo.backing PROJECT FOLDER``; with $GONOGO_KILL_AFTER it ends itself with SIGKILL as soon
as so many bytes were sent.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from gonogo.deploy.mongodb.backup import backup
from tests.mongo.ground import Ground


def main() -> None:
    """Make the backup; print its name, and the most memory that this process had, in MB."""
    left = [int(os.environ.get("GONOGO_KILL_AFTER", "0")) or 1 << 62]

    def sent(size: int) -> None:
        left[0] -= size
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    with Ground(sys.argv[1], Path(sys.argv[2])).release() as release:
        made = backup.make(release, on_bytes=sent)
    # getrusage(2) counts what the parent had before exec, too.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    print(made.name, int(status["VmHWM"].split()[0]) / 1024)


if __name__ == "__main__":
    main()
