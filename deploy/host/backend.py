"""A testinfra backend over our connection, so that every noun and testinfra module runs on one handshake."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from gonogo.deploy.errors import GonogoError, Unknown
from gonogo.deploy.host.answers import REACHABLE
from gonogo.deploy.host.testinfra_types import BaseBackend, CommandResult
from gonogo.deploy.ssh.connection import Connection


class ConnectionBackend(BaseBackend):
    """Runs commands through a Connection: time limits, transcript and redaction come with it.

    ``address``: the host as a target file names it; ``config_file``: ssh's, where that file names one;
    ``machine``: what messages call it, by default its address. There may be no connection yet: who asks then
    waits until ``connected`` is called.
    """

    NAME = "gonogo"

    def __init__(self, address: str, config_file: Path | None = None, machine: str = "") -> None:
        self.address, self.config_file = address, config_file
        self.machine = machine or address
        self._connection: Connection | None = None
        self._failure: GonogoError | None = None
        self._decided = threading.Event()
        super().__init__(address)

    def connected(self, connection: Connection | None, failure: GonogoError | None = None) -> None:
        """Go on over ``connection``, which the caller closes, or without one because of ``failure``."""
        self._connection, self._failure = connection, failure
        self._decided.set()

    @property
    def connection(self) -> Connection:
        """The connection; raises Unknown with the reason when there is none."""
        self._decided.wait()
        if self._connection is None:
            raise Unknown(getattr(self._failure, "check", REACHABLE), str(self._failure))
        return self._connection

    def get_pytest_id(self) -> str:
        """Return the target's host as it stands in the target file."""
        return self.machine

    def get_encoding(self) -> str:
        """Return UTF-8: asking the target costs two round trips, and Docker speaks nothing else."""
        return "utf-8"

    def decode(self, data: bytes) -> str:
        """Return ``data`` as text; bytes that are no UTF-8 are replaced, as in ``Result.text``."""
        return data.decode("utf-8", "replace")

    def run(self, command: str, *args: str, **kwargs: Any) -> CommandResult:
        """Return the result of ``command``, its ``%s`` replaced by the quoted ``args``; asked live.

        A new snapshot begins with it.
        ``timeout`` (seconds) may be given. Raises CommandTimeout and ConnectionFailed.
        """
        __tracebackhide__ = True
        line = self.get_command(command, *args)
        try:
            result = self.connection.run(line, timeout=kwargs.get("timeout"), live=True)
        finally:
            # Nobody can tell from a shell line whether it changes something.
            self._host.refresh()
        # Not BaseBackend.result(): that writes every answer, secrets too, to the debug log.
        return CommandResult(
            backend=self,
            exit_status=result.exit_status,
            command=self.encode(line),
            _stdout=result.stdout,
            _stderr=result.stderr,
        )
