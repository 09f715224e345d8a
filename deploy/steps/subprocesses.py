"""A program of this machine, such as a team's own: run with a limit, and ended with all that it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host import bounded_process
from gonogo.deploy.host.own_variables import own_variables

_NOTHING: Mapping[str, str] = MappingProxyType({})
LAST_LINES = 3
MOST = 1_000_000
GRACE_S = 5.0
"""Seconds that a program may live on after it closed its output."""


def run(  # noqa: PLR0913  one keyword for each choice
    what: str,
    argv: Sequence[str],
    *,
    limit: float,
    cwd: Path | None = None,
    given: Mapping[str, str] = _NOTHING,
    stdin: bytes = b"",
) -> tuple[int, bytes]:
    """Run a program and return its exit status and what it printed, of which MOST bytes are kept: the last.

    It has this process's environment and ``given``, and ``stdin`` as its standard input. Raises GonogoError,
    which calls it ``what``, when it cannot be started or did not end within ``limit`` seconds.
    """
    try:
        # A session of its own, so that what it started ends with it.
        process = subprocess.Popen(
            list(argv),
            cwd=cwd,
            env={**own_variables(), **given},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            start_new_session=True,
        )
    except OSError as error:
        raise GonogoError(f"{what} cannot be run: {error.strerror}") from None
    try:
        assert process.stdin and process.stdout
        threading.Thread(target=bounded_process.feed, args=(process.stdin, stdin), daemon=True).start()
        reader = bounded_process.Reader(process.stdout, MOST, end=True)
        until = time.monotonic() + limit
        reader.join(limit)
        if reader.is_alive():
            raise subprocess.TimeoutExpired(list(argv), limit)
        left = f"[… cut, {reader.size} bytes in all …]\n".encode() if reader.cut else b""
        # It may have closed what it prints to, and go on.
        return process.wait(max(GRACE_S, until - time.monotonic())), left + bytes(reader.kept)
    except subprocess.TimeoutExpired:
        raise GonogoError(f"{what} did not end within {limit:g} s and was stopped") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def last_words(output: bytes) -> str:
    """Return the last lines of what a program printed, as one."""
    lines = output.decode(errors="replace").splitlines()
    return " / ".join(line for line in lines[-LAST_LINES:] if line.strip()) or "it said nothing"
