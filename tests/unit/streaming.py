"""A stand-in for an engine that pushes and pulls: it streams the events that a test gives it."""

from __future__ import annotations

import base64
import json
import socketserver
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any


@dataclass
class Asked:
    """What a push or a pull was asked for, and with which login."""

    path: str
    login: dict[str, Any] = field(repr=False)


class Server(socketserver.ThreadingUnixStreamServer):
    """``status`` and ``events`` are what it answers; ``ends``: how the stream ends.

    ``ends`` is "well", "cut" (the connection breaks), or "never" (nothing more comes); ``begins``: whether
    there is an answer at all; ``headers``: the names of those that came.
    """

    daemon_threads = True

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), Handler)
        self.endpoint = f"unix://{path}"
        self.asked: list[Asked] = []
        self.headers: set[str] = set()
        self.status, self.events, self.ends, self.begins = 200, list[Any](), "well", True
        self.over = threading.Event()

    def stream(self, events: Iterable[Any], ends: str = "well") -> None:
        self.events, self.ends = list(events), ends


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def address_string(self) -> str:
        return "unix"

    def do_GET(self) -> None:
        self.server.headers |= set(self.headers)
        self._whole(200, {"ApiVersion": "1.41", "MinAPIVersion": "1.12"})

    def do_POST(self) -> None:
        self.server.headers |= set(self.headers)
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        login = json.loads(base64.urlsafe_b64decode(self.headers["X-Registry-Auth"]))
        self.server.asked.append(Asked(self.path, login))
        if not self.server.begins:
            self.server.over.wait(10)
        if self.server.status != 200:
            self._whole(self.server.status, self.server.events[0])
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for event in self.server.events:
            data = json.dumps(event).encode() + b"\r\n"
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        if self.server.ends == "never":
            self.server.over.wait(10)
        self.wfile.write(b"0\r\n\r\n" if self.server.ends == "well" else b"ff\r\n{")
        self.close_connection = self.server.ends != "well"

    def _whole(self, status: int, value: object) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def standing_in(folder: Path) -> Iterator[Server]:
    with Server(folder / "engine.sock") as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
