"""The one connection to a target: a persistent shell, sessions and forwards over one ssh handshake."""

from __future__ import annotations

import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self

from deploy import ssh
from deploy.errors import CommandTimeout, ConnectionFailed, GonogoError
from deploy.forward import Forwards
from deploy.shell import INLINE_STDIN, Result, Shell
from deploy.transcript import Entry, Transcript


class _Ssh(Protocol):
    @property
    def config_file(self) -> Path | None: ...


class _Thresholds(Protocol):
    @property
    def connect_timeout_s(self) -> float: ...
    @property
    def command_timeout_s(self) -> float: ...


class Reachable(Protocol):
    """What a connection needs to know of a target."""

    @property
    def host(self) -> str: ...
    @property
    def ssh(self) -> _Ssh: ...
    @property
    def thresholds(self) -> _Thresholds: ...


class Connection:
    """A live connection; one per process and target. Thread-safe: requests over the shell take turns."""

    def __init__(self, target: Reachable) -> None:
        """Connect to ``target.host``. Raises ConnectionFailed with the cause and what to do."""
        self.host = target.host
        self.transcript = Transcript()
        self._timeout = target.thresholds.command_timeout_s
        self._connect_timeout = target.thresholds.connect_timeout_s
        self._local = target.host == "local"
        # Socket paths have about 104 bytes (unix(7)), so the folder's name must be short.
        self._folder = tempfile.TemporaryDirectory(prefix="gng-", dir="/tmp")
        self._options = ssh.options(
            target.ssh.config_file, Path(self._folder.name) / "m", self._connect_timeout
        )
        self._destination = [] if self._local else ssh.destination(target.host)
        self._lock = threading.Lock()
        self._cause: str | None = None
        self.forwards = Forwards(self._local, Path(self._folder.name), self._session_argv)
        self._shell = self._start()

    @classmethod
    def open(cls, target: Reachable, *, redact: Callable[[str], str] = str) -> Connection:
        """Return a connection to the target whose transcript goes through ``redact``."""
        connection = cls(target)
        connection.transcript.redact = redact
        return connection

    def run(
        self,
        command: str,
        *,
        stdin: bytes | None = None,
        timeout: float | None = None,
        mutates: bool = False,
    ) -> Result:
        """Run a shell command on the target and return its Result, whatever its exit status.

        ``timeout`` is in seconds (default: the target's ``command_timeout_s``). Raises
        CommandTimeout, after which the connection is usable, and ConnectionFailed, after which it
        is not. ``mutates`` marks a command that changes the target.
        """
        limit = self._timeout if timeout is None else timeout
        if stdin is not None and len(stdin) > INLINE_STDIN:
            with tempfile.TemporaryFile() as file:
                file.write(stdin)
                file.seek(0)
                return self.stream(command, stdin=file, timeout=limit, mutates=mutates)
        begun = time.monotonic()
        with self._lock:
            if self._cause:
                raise ConnectionFailed(self._cause)
            try:
                result = self._shell.run(command, stdin=stdin, timeout=limit)
            except CommandTimeout as error:
                self._record(command, None, str(error), time.monotonic() - begun, mutates)
                self._renew()
                raise CommandTimeout(f"on {self.host}: {error}: {_short(command)}") from None
            except ConnectionFailed as error:
                self._cause = f"the connection to {self.host} broke: {error}"
                self._record(command, None, self._cause, time.monotonic() - begun, mutates)
                raise ConnectionFailed(self._cause) from None
        self._keep(result, mutates)
        return result

    def check(
        self,
        command: str,
        *,
        stdin: bytes | None = None,
        timeout: float | None = None,
        mutates: bool = False,
    ) -> Result:
        """Run as ``run`` does; raises GonogoError with the last line of its errors when it fails."""
        result = self.run(command, stdin=stdin, timeout=timeout, mutates=mutates)
        if not result.ok:
            lines = (result.error_text.strip() or result.text.strip() or "it said nothing").splitlines()
            message = f"on {self.host}, {_short(command)!r} ended with {result.exit_status}: {lines[-1]}"
            raise GonogoError(self.transcript.redact(message))
        return result

    def stream(self, command: str, *, stdin: BinaryIO, timeout: float = 3600, mutates: bool = True) -> Result:
        """Run a command in a session of its own, fed from ``stdin``; for input of any size.

        The command is an argument of the local ssh process, so it must hold no secret.
        """
        begun = time.monotonic()
        try:
            done = subprocess.run(
                self._session_argv(command),
                stdin=stdin,
                capture_output=True,
                timeout=timeout,
                check=False,
                start_new_session=True,
            )
        except subprocess.TimeoutExpired:
            raise CommandTimeout(
                f"on {self.host}: the command did not end within {timeout:g} s: {_short(command)}"
            ) from None
        seconds = time.monotonic() - begun
        result = Result(command, done.returncode, done.stdout, done.stderr, seconds)
        self._keep(result, mutates)
        return result

    def close(self) -> None:
        """End the shell, the forwards and the master; can be called again."""
        self._cause = self._cause or f"the connection to {self.host} was closed"
        self.forwards.close()
        self._shell.close()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self) -> Shell:
        # The shell's own ssh is the master: one handshake for everything.
        master = ["ssh", *self._options, "-o", "ControlMaster=auto", "-T", *self._destination, "exec sh"]
        try:
            return Shell(["sh"] if self._local else master, self._connect_timeout + 2)
        except ConnectionFailed as error:
            raise ConnectionFailed(ssh.diagnosis(self.host, _timed_out(str(error)))) from None
        except FileNotFoundError:
            raise ConnectionFailed("ssh was not found here: install the OpenSSH client") from None

    def _renew(self) -> None:
        if not self._shell.alive:
            try:
                self._shell = self._start()
            except ConnectionFailed as error:
                self._cause = str(error)

    def _session_argv(self, command: str) -> list[str]:
        if self._local:
            return ["sh", "-c", command]
        return ["ssh", *self._options, "-o", "ControlMaster=no", "-T", *self._destination, command]

    def _keep(self, result: Result, mutates: bool) -> None:
        output = result.text + (f"\n{result.error_text}" if result.stderr else "")
        self._record(result.command, result.exit_status, output, result.seconds, mutates)

    def _record(self, command: str, status: int | None, output: str, seconds: float, mutates: bool) -> None:
        self.transcript.add(Entry(command, status, output, seconds, mutates))


def _short(command: str) -> str:
    line = " ".join(command.split())
    return line if len(line) <= 120 else f"{line[:117]}…"


def _timed_out(words: str) -> str:
    return f"timed out: {words}" if "no shell answered" in words else words
