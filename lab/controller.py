"""A host of the lab that serves as the controller's engine: the one that builds, saves and pushes images."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gonogo.deploy.errors import GonogoError
from lab.host import Host

READY_TIMEOUT_S = 15


@contextmanager
def engine_of(host: Host) -> Iterator[dict[str, str]]:
    """Give the variables with which Docker's client on this machine uses the host's engine.

    Its socket comes over ssh, as a socket of this user's alone. Raises GonogoError where it does not.
    """
    with tempfile.TemporaryDirectory(prefix="gonogo-") as folder:
        socket = Path(folder) / "docker.sock"
        argv = ["ssh", "-F", str(host.config), "-o", "BatchMode=yes", "-o", "ExitOnForwardFailure=yes", "-NT"]
        with subprocess.Popen(
            [*argv, "-L", f"{socket}:/var/run/docker.sock", host.alias], stdin=subprocess.DEVNULL
        ) as ssh:
            try:
                _wait(socket, ssh, host)
                yield {"DOCKER_HOST": f"unix://{socket}"}
            finally:
                ssh.terminate()


def _wait(socket: Path, ssh: subprocess.Popen[bytes], host: Host) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_S
    while not socket.exists():
        if ssh.poll() is not None or time.monotonic() > deadline:
            raise GonogoError(f"the engine of the lab host {host.name} cannot be reached through ssh")
        time.sleep(0.1)
