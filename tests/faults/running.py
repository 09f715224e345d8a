"""A runner in a process of its own, whose steps are seen as it tells them."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from lab import state

BEGUN = re.compile(r"(\S.*?) …")
ENDED = re.compile(r"(\S.*?) (done|failed|interrupted) in ([0-9.]+) s")
# What a shell starts in the background ignores SIGINT; typed at a terminal, it does not.
AS_TYPED = (
    "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "runpy.run_module('gonogo.deploy', run_name='__main__', alter_sys=True)"
)
LAST = "finish"
"""What comes after the last step: the journal's end, old releases removed, the report."""


@dataclass
class Runner:
    """``gonogo deploy`` of a target file, begun at once; its output is read in a thread."""

    file: Path
    published: Path
    environment: dict[str, str]
    output: list[str] = field(default_factory=list)
    begun: dict[str, float] = field(default_factory=dict)
    took: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        argv = [sys.executable, "-c", AS_TYPED, "deploy", str(self.file), "--yes"]
        self.process = subprocess.Popen(
            [*argv, "--reports", str(self.published)],
            cwd=state.ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            env={**os.environ, "COLUMNS": "200", **self.environment},
        )
        self._news = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.process.poll() is None

    @property
    def locked(self) -> bool:
        """Whether it took the lock, and runs."""
        return self.alive and "lock" in self.took

    @property
    def text(self) -> str:
        """What it said so far."""
        return "".join(self.output)

    def at(self, step: str, timeout: float = 240) -> bool:
        """Wait until a step begins; False where the runner ended before."""
        with self._news:
            self._news.wait_for(lambda: step in self.begun or None in self.begun, timeout)
            return step in self.begun

    def wait(self, timeout: float) -> int | None:
        """Wait until it ended and all was read; returns its exit status, None where it did not end."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        with self._news:
            self._news.wait_for(lambda: None in self.begun, 10)
        return status

    def signal(self, number: int, group: bool = False) -> None:
        """Send it a signal; ``group``: and all that it started, as a terminal does."""
        with contextlib.suppress(ProcessLookupError):
            if group:
                os.killpg(self.process.pid, number)
            elif self.alive:
                self.process.send_signal(number)

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            with self._news:
                self.output.append(line)
                self._told(line)
                self._news.notify_all()
        with self._news:
            self.begun.setdefault(None, time.monotonic())  # type: ignore[call-overload]
            self._news.notify_all()

    def _told(self, line: str) -> None:
        if found := ENDED.match(line):
            self.took[found[1]] = float(found[3])
            if found[1] == "verify" and found[2] == "done":
                self.begun.setdefault(LAST, time.monotonic())
        elif found := BEGUN.match(line):
            self.begun.setdefault(found[1], time.monotonic())
