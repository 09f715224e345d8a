"""A testinfra backend over our connection, so that every testinfra module runs on the one ssh handshake."""

from __future__ import annotations

from typing import Any

from testinfra.backend.base import BaseBackend, CommandResult
from testinfra.host import Host

from gonogo.deploy.connection import Connection
from gonogo.deploy.wire.readonly import only_reads


class ConnectionBackend(BaseBackend):  # type: ignore[misc]
    """Runs testinfra's commands through a Connection: time limits, transcript and redaction come with it."""

    NAME = "gonogo"

    def __init__(self, connection: Connection) -> None:
        """Use ``connection``, which the caller closes."""
        self.connection = connection
        super().__init__(connection.host)

    def get_pytest_id(self) -> str:
        """Return the target's host as it stands in the target file."""
        return self.connection.host

    def get_encoding(self) -> str:
        """Return UTF-8: asking the target costs two round trips, and Docker speaks nothing else."""
        return "utf-8"

    def decode(self, data: bytes) -> str:
        """Return ``data`` as text; bytes that are no UTF-8 are replaced, as in ``Result.text``."""
        return data.decode("utf-8", "replace")

    def run(self, command: str, *args: str, **kwargs: Any) -> CommandResult:
        """Return the result of ``command``, its ``%s`` replaced by the quoted ``args``.

        ``timeout`` (seconds) may be given. Raises CommandTimeout and ConnectionFailed.
        """
        __tracebackhide__ = True
        line = self.get_command(command, *args)
        # What is not sure to read only is asked when it is due, and makes void what was asked ahead.
        reads = only_reads(line)
        result = self.connection.run(line, timeout=kwargs.get("timeout"), mutates=not reads, live=not reads)
        # Not BaseBackend.result(): that writes every answer, secrets too, to the debug log.
        return CommandResult(
            backend=self,
            exit_status=result.exit_status,
            command=self.encode(line),
            _stdout=result.stdout,
            _stderr=result.stderr,
        )


def host_for(connection: Connection) -> Host:
    """Return testinfra's ``host`` for a connection, with every module: ``host.file``, ``host.docker`` …

    >>> host_for(connection).file("/etc/passwd").user
    'root'
    """
    backend = ConnectionBackend(connection)
    host = Host(backend)
    backend.set_host(host)
    return host
