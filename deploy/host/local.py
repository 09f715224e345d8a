"""The machine that deploys, asked as the target is: the way of ``controller`` to a shell."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any, cast

from gonogo.deploy.errors import CommandTimeout, GonogoError, explained
from gonogo.deploy.host import bounded_process
from gonogo.deploy.host.own_variables import own_variables
from gonogo.deploy.ssh import framing
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.ssh.request_log import short, too_long
from gonogo.deploy.ssh.shell import Result
from gonogo.deploy.ssh.transcript import Entry, Transcript

HERE = "this machine"
"""What messages call the machine that deploys."""
TIMEOUT_S = 60.0


def here() -> Connection:
    """Return a way to this machine for a question whose evidence is somebody else's."""
    return cast(Connection, LocalConnection(Transcript()))


class LocalConnection:
    """Stands in for a connection: it runs commands here, each in a process of its own.

    They have this process's environment and folder, so that the user's Docker context, credentials and PATH
    hold. The transcript says of each where it ran.
    """

    host = HERE

    def __init__(self, transcript: Transcript) -> None:
        self.transcript = transcript

    def run(
        self,
        command: str,
        *,
        stdin: bytes | None = None,
        timeout: float | None = None,
        private: bool = False,
        **_: Any,
    ) -> Result:
        """Run a shell command and return its Result, whatever its exit status; see ``Connection.run``.

        Raises CommandTimeout, and GonogoError for an answer that is too long.
        """
        limit, begun = timeout or TIMEOUT_S, time.monotonic()
        try:
            environment = {**own_variables(), "LC_ALL": "C"}
            argv, most = ["/bin/sh", "-c", command], framing.ANSWER_LIMIT
            done = bounded_process.run(argv, environment, stdin or b"", limit, most)
        except subprocess.TimeoutExpired:
            raise CommandTimeout(
                f"{HERE}: `{short(command)}` did not end within {limit:g} s and was stopped"
            ) from None
        seconds = time.monotonic() - begun
        if done.cut:
            self.transcript.add(
                Entry(f"{command}  # on {HERE}", done.status, told := too_long(HERE, command), seconds)
            )
            raise GonogoError(told)
        result = Result(command, done.status, done.output, done.errors, seconds)
        size = f"[{len(done.output)} bytes, not kept: they may hold secrets]"
        output = size if private else result.text + result.error_text
        self.transcript.add(Entry(f"{command}  # on {HERE}", done.status, output, seconds))
        return result

    def check(self, command: str, **given: Any) -> Result:
        """Return as ``run``; raises GonogoError with the line that says why when its status was not 0."""
        result = self.run(command, **given)
        if not result.ok:
            why = explained(result.error_text, result.text)
            raise GonogoError(f"{HERE}: `{short(command)}` ended with {result.exit_status}: {why}")
        return result

    def forward_port(self, host: str, port: int, **_: object) -> int:
        """Raise GonogoError: whoever is here connects to ``host`` itself."""
        raise GonogoError(f"{host}:{port} needs no forward from {HERE}")

    def forward_socket(self, remote: str) -> Path:
        """Return the path of a Unix socket, which is here."""
        return Path(remote)
