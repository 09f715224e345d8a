"""Run as a program: makes one backup of a ground in a process of its own, and says what it cost.

``python -m tests.mongo.backing PROJECT FOLDER [IMAGE [DATABASE]]``: with an image, it is proved too. With
$GONOGO_KILL_AFTER it ends itself with SIGKILL as soon as so many bytes were sent.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from gonogo.deploy.mongodb.backup import backup
from gonogo.deploy.mongodb.restore import proof
from tests.mongo.ground import Ground


def main() -> None:
    """Make the backup; print its name, and the most memory that this process had, in MB."""
    left = [int(os.environ.get("GONOGO_KILL_AFTER", "0")) or 1 << 62]

    def sent(size: int) -> None:
        left[0] -= size
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    project, folder, image, database, *_ = [*sys.argv[1:], "", ""]
    with Ground(project, Path(folder), database or "shop").release() as release:
        made = backup.make(release, on_bytes=sent)
        if image:
            found = proof.prove(release, made, image=image)
            assert found.proved, found.differences
    # getrusage(2) counts what the parent had before exec, too.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    print(made.name, int(status["VmHWM"].split()[0]) / 1024)


if __name__ == "__main__":
    main()
