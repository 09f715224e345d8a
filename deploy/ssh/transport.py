"""Transports: how shells and sessions of a target are started, and why they ended. Here, or over OpenSSH."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Protocol

from gonogo.deploy.ssh import openssh
from gonogo.deploy.ssh.forward import Forwards, LocalForwards, SshForwards
from gonogo.deploy.ssh.framing import SESSION

CONTROL_VARIABLE = "GONOGO_CONTROL_PATH"
"""Environment variable with the control socket of an open master, for the processes that we start."""

_PATIENCE_S = 5.0

_HOME = "cd; "
"""Where a login over ssh begins: relative paths mean the same with both transports."""


class Transport(Protocol):
    """How to reach a target."""

    forwards: Forwards
    control_path: Path | None

    def first(self) -> list[str]:
        """Return the argv of the first shell, on which the others may depend."""

    def shell(self) -> list[str]:
        """Return the argv of another shell."""

    def session(self) -> list[str]:
        """Return the argv of a session for one command (see ``framing.SESSION``)."""

    def broken(self) -> str | None:
        """Return the cause when the way to the target is lost, else None."""

    def cause(self, words: str) -> str:
        """Return one clause: what the last words of a process that did not get there mean, what to do."""

    def close(self) -> None:
        """Remove what the transport keeps; the shells are closed before."""


class LocalTransport:
    """This machine as a target: the same shells without ssh."""

    def __init__(self) -> None:
        self.forwards: Forwards = LocalForwards()
        self.control_path: Path | None = None

    def first(self) -> list[str]:
        """Return the argv of a shell."""
        return ["sh", "-c", f"{_HOME}exec sh"]

    shell = first

    def session(self) -> list[str]:
        """Return the argv of a session."""
        return ["sh", "-c", _HOME + SESSION]

    def broken(self) -> str | None:
        """Return None: the way to this machine is never lost."""
        return None

    def cause(self, words: str) -> str:
        """Return the words: no ssh was there that could say more."""
        return words

    def close(self) -> None:
        """End the relays."""
        self.forwards.close()


class SshTransport:
    """A target behind OpenSSH: the first shell's ssh is the master, all else goes over its control socket.

    An open master is ridden on instead: the one at ``control_path``, or at $GONOGO_CONTROL_PATH where it was
    opened by this user for this very target. Who opened a master closes it.
    """

    def __init__(
        self, host: str, config_file: Path | None, seconds: float, control_path: Path | None
    ) -> None:
        """Prepare; raises UsageError for a host that is none. ``seconds`` is the connect timeout."""
        self.destination = openssh.parse(host)
        self._seconds = seconds
        self._config_file = config_file
        self._directory = tempfile.TemporaryDirectory(prefix="gng-", dir=_short_folder())
        private = Path(self._directory.name)
        name = openssh.identity(host, config_file)
        ridden = control_path or _inherited(name)
        self.rides = ridden is not None and _answers(ridden)
        self.control_path: Path | None = ridden if ridden and self.rides else private / name
        self.log = self.control_path.parent / "log"
        self.forwards: Forwards = SshForwards(self.control_path, private, ridden=self.rides)

    def first(self) -> list[str]:
        """Return the argv of the master with its shell, or of a shell over the ridden master."""
        if self.rides:
            return self.shell()
        assert self.control_path
        return openssh.master(self.destination, self._config_file, self.control_path, self.log, self._seconds)

    def shell(self) -> list[str]:
        """Return the argv of a shell over the master."""
        assert self.control_path
        return openssh.client(self.control_path, "exec sh")

    def session(self) -> list[str]:
        """Return the argv of a session over the master."""
        assert self.control_path
        return openssh.client(self.control_path)

    def broken(self) -> str | None:
        """Return why the master is gone, from its log; None while it answers."""
        assert self.control_path
        if _answers(self.control_path):
            return None
        deadline = time.monotonic() + 0.5
        while not self._said() and time.monotonic() < deadline:
            time.sleep(0.05)
        # ssh tells a hang-up on its standard error only, which whoever held the first shell has read.
        return self.cause("" if self._said() else "Connection closed by the host")

    def cause(self, words: str) -> str:
        """Return one clause: what ssh's words and its log mean, and what to do."""
        by_hand = self.destination.by_hand(self._config_file)
        return openssh.diagnosis(f"{words}\n{self._said()}".strip(), by_hand, self._seconds)

    def _said(self) -> str:
        with contextlib.suppress(OSError):
            lines = self.log.read_text(errors="replace")[-8000:].splitlines()
            # What the far end of one forward answered says nothing about the connection.
            return "\n".join(line for line in lines if not line.startswith("channel "))
        return ""

    def close(self) -> None:
        """End the forwards, and remove the private folder."""
        self.forwards.close()
        self._directory.cleanup()


def _short_folder() -> str:
    # ssh adds 17 bytes to the socket's name while it makes it, and macOS allows 104 in all.
    usual = tempfile.gettempdir()
    return usual if len(usual) <= 40 else "/tmp"


def _inherited(name: str) -> Path | None:
    path = Path(os.environ.get(CONTROL_VARIABLE, ""))
    with contextlib.suppress(OSError):
        if path.name == name and path.stat().st_uid == os.geteuid():
            return path
    return None


def _answers(control_path: Path) -> bool:
    try:
        done = subprocess.run(
            openssh.control(control_path, "check"),
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_PATIENCE_S,
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError):
        return False
    return done.returncode == 0
