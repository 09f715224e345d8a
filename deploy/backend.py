"""A testinfra backend over our connection, so that every testinfra module runs on the one ssh handshake."""

from __future__ import annotations

from typing import Any

from testinfra.backend.base import BaseBackend, CommandResult
from testinfra.host import Host

from deploy.connection import Connection


class ConnectionBackend(BaseBackend):  # type: ignore[misc]
    """Runs testinfra's commands through a Connection: time-outs, transcript and redaction come with it."""

    NAME = "gonogo"

    def __init__(self, connection: Connection) -> None:
        """Use ``connection``, which the caller closes."""
        self._connection = connection
        super().__init__(connection.host)

    def run(self, command: str, *args: str, **_: Any) -> CommandResult:
        """Return the result of ``command``, its ``%s`` replaced by the quoted ``args``."""
        line = self.get_command(command, *args)
        result = self._connection.run(line)
        return self.result(result.exit_status, self.encode(line), result.stdout, result.stderr)


def host_for(connection: Connection) -> Host:
    """Return the ``host`` fixture's object for a connection."""
    return Host(ConnectionBackend(connection))
