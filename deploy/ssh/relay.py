"""A TCP relay on the loopback: to ports that a local target has elsewhere, or with connections made ahead."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

_PIECE = 1 << 18
_PATIENCE_S = 10.0
_BREATH_S = 0.05
"""Seconds until it is tried again to accept where this process has no descriptor left."""


class Relay:
    """Accepts on ``127.0.0.1:port`` and copies to ``host:to_port`` and back until closed.

    ``ahead``: so many connections are made at once, for the first that come: a connection made through ssh
    costs a round trip, which nobody then has to wait for. Nothing is sent on them before somebody came.
    """

    def __init__(self, host: str, to_port: int, ahead: int = 0) -> None:
        self._target = host, to_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._waiting: list[socket.socket] = []
        with contextlib.suppress(OSError):
            for _ in range(ahead):
                self._waiting.append(socket.create_connection(self._target, timeout=_PATIENCE_S))
        self._open |= set(self._waiting)
        threading.Thread(target=self._accept, daemon=True, name="gonogo-relay").start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                if self._closed:
                    return
                time.sleep(_BREATH_S)
                continue
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        """Copy both ways between whoever came and the far end, and close both when both have ended."""
        with near, contextlib.suppress(OSError):
            far = self._made_ahead() or socket.create_connection(self._target, timeout=_PATIENCE_S)
            with far:
                far.settimeout(None)
                for connection in (near, far):
                    # Else the end of an answer waits 40 ms for the receipt of what came before, see tcp(7).
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._lock:
                    if self._closed:
                        return
                    self._open |= {near, far}
                back = threading.Thread(target=self._copy, args=(far, near), daemon=True)
                back.start()
                self._copy(near, far)
                back.join()
                with self._lock:
                    self._open -= {near, far}

    def _made_ahead(self) -> socket.socket | None:
        while True:
            with self._lock:
                if not self._waiting:
                    return None
                connection = self._waiting.pop(0)
            connection.setblocking(False)
            try:
                connection.recv(1, socket.MSG_PEEK)
            except BlockingIOError:
                return connection
            except OSError:
                pass
            # Who closed it, or spoke first, has given up waiting.
            connection.close()

    def _copy(self, source: socket.socket, sink: socket.socket) -> None:
        # One room for all pieces: a new one for each costs more than the copy, as its pages come anew too.
        room = memoryview(bytearray(_PIECE))
        with contextlib.suppress(OSError):
            while size := source.recv_into(room):
                sink.sendall(room[:size])
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Stop listening and cut what is open."""
        with self._lock:
            self._closed = True
            sockets = [self._listener, *self._open]
            self._open.clear()
        for item in sockets:
            with contextlib.suppress(OSError):
                item.shutdown(socket.SHUT_RDWR)
            item.close()
