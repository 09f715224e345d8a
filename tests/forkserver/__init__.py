"""A Python that has read gonogo already: commands that tests run to their end are forked from it.

Reading gonogo, pytest and their libraries costs each command a second of processor time, and a deployment is
three such processes. ``python()`` names a program that takes Python's own arguments and gives what Python
would: ``client.py``, which asks ``server.py`` for a fork. What is not forked is run by Python itself.

Tests in which a process is killed, has a terminal, or is what is installed run Python itself.
"""

from __future__ import annotations

import atexit
import functools
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
GONOGO = str(Path(sys.executable).parent / "gonogo")
"""The command, where it is installed."""


@functools.cache
def python() -> str:
    """Return the path of the program; its server is started at the first call, and ends with this process."""
    folder = tempfile.TemporaryDirectory(prefix="gonogo-fork-")
    atexit.register(folder.cleanup)
    program, socket = Path(folder.name, "python"), Path(folder.name, "socket")
    words = [sys.executable, "-ISE", str(HERE / "client.py"), str(socket), sys.executable]
    program.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    program.chmod(0o755)
    argv = [sys.executable, "-P", str(HERE / "server.py"), str(socket), str(program)]
    # It sees the end of its standard input when this process ends, however it ends.
    server = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdin and server.stdout
    if server.stdout.read(1) != b"+":
        raise RuntimeError("the server of forks did not start")
    atexit.register(_end, server)
    return str(program)


def forked(argv: list[str]) -> list[str]:
    """Return ``argv`` with the program in the place of Python, and of our command."""
    replaced = {sys.executable: [], GONOGO: ["-m", "gonogo.deploy"]}.get(argv[0])
    return argv if replaced is None else [python(), *replaced, *argv[1:]]


def _end(server: subprocess.Popen[bytes]) -> None:
    assert server.stdin and server.stdout
    server.stdin.close()
    server.stdout.close()
    server.wait()
