"""Forwards over the connection: a socket or a port of the target becomes one of this machine."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

from deploy.errors import ConnectionFailed


class Forwards:
    """The stream-local and TCP forwards of one connection, asked of its ssh master (``ssh -O forward``)."""

    def __init__(self, local: bool, folder: Path, session: Callable[[str], list[str]]) -> None:
        """Keep sockets in ``folder``; ``session`` returns the ssh argument list of a session."""
        self._local = local
        self._folder = folder
        self._session = session
        self._sockets: dict[str, Path] = {}
        self._ports: dict[tuple[str, int], int] = {}

    def socket(self, remote: str) -> Path:
        """Return the local path of a Unix socket that leads to ``remote`` on the target."""
        if self._local:
            return Path(remote)
        if remote not in self._sockets:
            path = self._folder / f"s{len(self._sockets)}"
            self._ask(f"{path}:{remote}", remote)
            self._sockets[remote] = path
        return self._sockets[remote]

    def address(self, host: str, port: int) -> tuple[str, int]:
        """Return the (host, port) here that leads to ``host:port`` as the target sees it."""
        if self._local:
            return host, port
        if (host, port) not in self._ports:
            local = _free_port()
            self._ask(f"127.0.0.1:{local}:{host}:{port}", f"{host}:{port}")
            self._ports[host, port] = local
        return "127.0.0.1", self._ports[host, port]

    def close(self) -> None:
        """Forget all; they end with the master."""
        self._sockets.clear()
        self._ports.clear()

    def _ask(self, rule: str, what: str) -> None:
        argv = self._session("")[:-1]
        done = subprocess.run(
            [argv[0], "-O", "forward", "-L", rule, *argv[1:]],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=30,
            check=False,
        )
        if done.returncode != 0:
            words = done.stderr.decode("utf-8", "replace").strip()
            raise ConnectionFailed(f"{what} of the target could not be forwarded here: {words}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
