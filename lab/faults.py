"""What goes wrong with real servers, done to a host of the lab and undone again."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

from deploy.errors import GonogoError
from lab import host

CHUNK = 65536


@contextlib.contextmanager
def cut_off(name: str) -> Iterator[None]:
    """Drop every packet to the host's sshd, as a cut line does: connections hang, nothing is refused."""
    rule = "INPUT -p tcp --dport 22 -j DROP"
    _as_root(name, f"iptables -I {rule}")
    try:
        yield
    finally:
        _as_root(name, f"iptables -D {rule}")


@contextlib.contextmanager
def engine_stopped(name: str) -> Iterator[None]:
    """Stop the host's engine and start it again at the end; the host itself and its sshd go on."""
    _as_root(name, "touch /run/engine-off; pkill -x dockerd; while pgrep -x dockerd; do sleep 0.1; done")
    try:
        yield
    finally:
        _as_root(name, "rm -f /run/engine-off; until docker version > /dev/null 2>&1; do sleep 0.1; done")


@contextlib.contextmanager
def slow_line(made: host.Host, delay_s: float) -> Iterator[int]:
    """Give a local port that leads to the host's sshd with ``delay_s`` seconds added each way."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_accept, args=(server, made.port, delay_s), daemon=True).start()
        yield server.getsockname()[1]


def _as_root(name: str, script: str) -> None:
    result = host.execute(name, script, user="root", timeout=60)
    if result.returncode != 0:
        raise GonogoError(f"'{script}' failed on lab host {name}: {result.stderr.decode().strip()}")


def _accept(server: socket.socket, port: int, delay_s: float) -> None:
    while True:
        try:
            client, _ = server.accept()
        except OSError:  # the caller is done and closed it
            return
        remote = socket.create_connection(("127.0.0.1", port))
        for source, to in ((client, remote), (remote, client)):
            threading.Thread(target=_relay, args=(source, to, delay_s), daemon=True).start()


def _relay(source: socket.socket, to: socket.socket, delay_s: float) -> None:
    """Pass bytes on, each chunk ``delay_s`` after it came; chunks on their way do not hold up one another."""
    waiting: list[threading.Thread] = []
    with contextlib.suppress(OSError):
        while data := source.recv(CHUNK):
            due, before = time.monotonic() + delay_s, waiting[-1:]
            waiting = [threading.Thread(target=_deliver, args=(to, data, due, before), daemon=True)]
            waiting[0].start()
    for thread in waiting:
        thread.join()
    with contextlib.suppress(OSError):
        to.shutdown(socket.SHUT_WR)


def _deliver(to: socket.socket, data: bytes, due: float, before: list[threading.Thread]) -> None:
    time.sleep(max(0.0, due - time.monotonic()))
    for thread in before:
        thread.join()
    with contextlib.suppress(OSError):
        to.sendall(data)
