"""Forwards over the connection: a socket or a port of the target becomes one of this machine."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
from pathlib import Path
from typing import Protocol

from gonogo.deploy.errors import ConnectionFailed
from gonogo.deploy.ssh import openssh
from gonogo.deploy.ssh.relay import Relay

_PATIENCE_S = 10.0


class Forwards(Protocol):
    """What every transport offers; asking twice for the same returns the same."""

    def socket(self, remote: str) -> Path:
        """Return the local path of a Unix socket that leads to ``remote`` on the target."""

    def port(self, host: str, port: int, ahead: int = 0) -> int:
        """Return the port of 127.0.0.1 that leads to ``host:port`` as the target sees it.

        ``ahead``: so many connections are made at once, to be there when somebody comes.
        """

    def close(self) -> None:
        """End all forwards."""


class LocalForwards:
    """Nothing to forward for sockets; ports of other addresses go through a relay on the loopback."""

    def __init__(self) -> None:
        self._relays: dict[tuple[str, int], Relay] = {}
        self._lock = threading.Lock()

    def socket(self, remote: str) -> Path:
        """Return the path itself."""
        return Path(remote)

    def port(self, host: str, port: int, ahead: int = 0) -> int:
        """Return ``port`` itself for 127.0.0.1, else the port of a relay; ``ahead`` is not worth it here."""
        if host == "127.0.0.1":
            return port
        with self._lock:
            if (host, port) not in self._relays:
                self._relays[host, port] = Relay(host, port)
            return self._relays[host, port].port

    def close(self) -> None:
        """End the relays."""
        with self._lock:
            for relay in self._relays.values():
                relay.close()
            self._relays.clear()


class SshForwards:
    """Forwards asked of the ssh master (``ssh -O forward``): no handshake, no process of their own."""

    def __init__(self, control_path: Path, folder: Path, *, ridden: bool) -> None:
        """Keep sockets in ``folder``, whose path must be short: unix(7) allows 108 bytes.

        ``ridden``: the master is somebody else's, and lives on when this is closed.
        """
        self._control_path, self._ridden = control_path, ridden
        self._folder = folder
        self._rules: dict[tuple[str, ...], str] = {}
        self._relays: dict[tuple[str, int], Relay] = {}
        self._lock = threading.Lock()

    def socket(self, remote: str) -> Path:
        """Return the local path; raises ConnectionFailed when the master refuses."""
        with self._lock:
            path = self._folder / f"s{len(self._rules)}"
            rule = self._rules.get((remote,)) or self._add((remote,), f"{path}:{remote}")
        return Path(rule.partition(":")[0])

    def port(self, host: str, port: int, ahead: int = 0) -> int:
        """Return the local port; raises ConnectionFailed when the master refuses."""
        with self._lock:
            if ahead and (host, port) not in self._relays:
                self._relays[host, port] = Relay("127.0.0.1", self._forwarded(host, port), ahead)
            made = self._relays.get((host, port))
            return made.port if made else self._forwarded(host, port)

    def _forwarded(self, host: str, port: int) -> int:
        key = (host, str(port))
        far = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        rule = self._rules.get(key)
        for attempt in range(3):
            if rule:
                break
            # Somebody else may take the port before the master does.
            with contextlib.suppress(*([ConnectionFailed] if attempt < 2 else [])):
                rule = self._add(key, f"127.0.0.1:{_free_port()}:{far}")
        assert rule
        return int(rule.split(":")[1])

    def _add(self, key: tuple[str, ...], rule: str) -> str:
        done = self._ask("forward", rule)
        if done.returncode != 0:
            words = done.stderr.decode(errors="replace").strip() or f"exit status {done.returncode}"
            raise ConnectionFailed(f"{':'.join(key)} of the target could not be forwarded here: {words}")
        self._rules[key] = rule
        return rule

    def _ask(self, action: str, rule: str) -> subprocess.CompletedProcess[bytes]:
        argv = openssh.control(self._control_path, action, "-o", "StreamLocalBindUnlink=yes", "-L", rule)
        try:
            return subprocess.run(
                argv, capture_output=True, stdin=subprocess.DEVNULL, timeout=_PATIENCE_S, check=False
            )
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(argv, 255, b"", b"the ssh master did not answer")

    def close(self) -> None:
        """End the relays, and take the forwards back from a master that lives on."""
        with self._lock:
            for relay in self._relays.values():
                relay.close()
            self._relays.clear()
            for rule in self._rules.values() if self._ridden else ():
                self._ask("cancel", rule)
            self._rules.clear()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
