"""Health endpoints, asked over a local connection of a small server of this test."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from gonogo.deploy.availability.health import ask, faults
from gonogo.deploy.host import http
from gonogo.deploy.host.http import Reply
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.sections.service import Health
from tests.unit.ports import refusing

GOOD = {"status": "healthy", "checks": {"database": "ok", "nodes": [{"up": True}]}, "count": 1}


class Handler(BaseHTTPRequestHandler):
    """Answers by path."""

    asked: list[tuple[str, str]]

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers["Host"]))
        kind = self.path.partition("?")[0].strip("/")
        if kind == "moved":
            self.answer(302, b"", Location="/json")
        elif kind == "broken":
            self.answer(200, b"{", **{"Content-Length": "50"})
        elif kind == "gzip":
            self.answer(200, gzip.compress(json.dumps(GOOD).encode()), **{"Content-Encoding": "gzip"})
        elif kind == "slow":
            time.sleep(0.06)
            self.answer(200, b"ok")
        elif kind == "endless":
            self.answer(200, b"", **{"Content-Length": "100000"})
            while not self.server.over.wait(0.01):  # type: ignore[attr-defined]
                try:
                    self.wfile.write(b".")
                except OSError:
                    return
        else:
            bodies = {"text": b"no json", "bom": b"\xef\xbb\xbf" + json.dumps(GOOD).encode()}
            self.answer(503 if kind == "sick" else 200, bodies.get(kind, json.dumps(GOOD).encode()))

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Length": str(len(body)),
            "Content-Type": "text/plain",
            **headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    Handler.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.over = threading.Event()  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.over.set()  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()


Asks = Callable[..., tuple[Reply, list[str]]]


@pytest.fixture
def look(server: ThreadingHTTPServer, connection: Connection) -> Asks:
    def asked(path: str, **given: Any) -> tuple[Reply, list[str]]:
        endpoint = Health(url=f"http://127.0.0.1:{server.server_port}/{path}", **given)
        reply = ask(connection, endpoint)
        return reply, faults(endpoint, reply)

    return asked


def test_an_answer_as_expected_has_no_fault(look: Asks, connection: Connection) -> None:
    wanted = {"status": "healthy", "checks.database": "ok", "checks.nodes.0.up": True, "count": 1}
    mark = connection.transcript.mark()
    reply, wrong = look("json?deep=1#part", json=wanted)
    assert (reply.status, wrong) == (200, [])
    (entry,) = connection.transcript.since(mark)
    assert entry.command.startswith("GET http://127.0.0.1:")
    assert entry.exit_status == 0
    assert '"healthy"' in entry.output


def test_the_server_sees_path_and_host_as_in_the_url(look: Asks, server: ThreadingHTTPServer) -> None:
    look("json?a=1&b=%20#part")
    assert Handler.asked[-1] == ("/json?a=1&b=%20", f"127.0.0.1:{server.server_port}")


@pytest.mark.parametrize(
    ("wanted", "fault"),
    [
        ({"status": "ok"}, "status is 'healthy' instead of 'ok'"),
        ({"checks.queue": "ok"}, "checks.queue is None instead of 'ok'"),
        ({"checks.nodes.1.up": True}, "checks.nodes.1.up is None instead of True"),
        ({"status.more": "x"}, "status.more is None instead of 'x'"),
        ({"count": True}, "count is 1 instead of True"),
        ({"checks.nodes.0.up": 1}, "checks.nodes.0.up is True instead of 1"),
        ({"count": "1"}, "count is 1 instead of '1'"),
    ],
)
def test_each_difference_is_told(look: Asks, wanted: dict[str, Any], fault: str) -> None:
    assert look("json", json=wanted)[1] == [fault]


def test_a_wrong_status_is_told_beside_the_body(look: Asks) -> None:
    assert look("sick", json={"count": 2})[1] == ["HTTP 503 instead of 200", "count is 1 instead of 2"]
    assert look("sick", status=503)[1] == []


def test_a_redirect_is_an_answer_and_is_not_followed(look: Asks) -> None:
    assert look("moved")[1] == ["HTTP 302 instead of 200"]
    assert Handler.asked[-1][0] == "/moved"
    assert look("moved", status=302)[1] == []


def test_a_body_that_is_no_json_matters_only_where_json_is_expected(look: Asks) -> None:
    assert look("text")[1] == []
    assert look("text", json={"a": 1})[1] == ["the body is no JSON"]


@pytest.mark.parametrize("path", ["gzip", "bom"])
def test_a_body_is_read_however_it_is_written(look: Asks, path: str) -> None:
    assert look(path, json={"status": "healthy"})[1] == []


def test_a_large_answer_is_read_whole(look: Asks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(GOOD, "padding", "é" * 100_000)
    assert look("json", json={"count": 1})[1] == []


def test_an_answer_without_end_is_cut(look: Asks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "BODY_LIMIT", 3)
    assert 3 <= len(look("endless")[0].body) < 1000


def test_of_a_body_that_was_cut_nothing_is_expected(look: Asks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "BODY_LIMIT", 3)
    reply, found = look("json", json={"count": 1})
    assert reply.cut
    assert len(found) == 1
    assert "so what is expected of it was not judged" in found[0]


def test_an_answer_that_drips_is_late(look: Asks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "LIMIT_S", 0.05)
    reply, wrong = look("endless", latency_ms=1)
    assert (reply.status, len(wrong)) == (None, 1)
    assert "did not answer within 0.05 s" in wrong[0]


def test_a_server_that_says_nothing_is_late(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "LIMIT_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = Health(url=f"http://127.0.0.1:{silent.getsockname()[1]}/", latency_ms=1)
        assert "did not answer within 0.05 s" in ask(connection, endpoint).error


def test_a_right_answer_that_is_slow_is_a_fault(look: Asks) -> None:
    reply, wrong = look("slow", latency_ms=20)
    assert (reply.status, len(wrong)) == (200, 1)
    assert wrong[0].endswith("ms, more than 20")


def test_an_answer_that_breaks_off_is_no_answer(look: Asks) -> None:
    reply, wrong = look("broken")
    assert (reply.status, len(wrong)) == (None, 1)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_port_that_refuses_is_told_and_recorded(connection: Connection, host: str) -> None:
    mark = connection.transcript.mark()
    with refusing() as port:
        endpoint = Health(url=f"http://{host}:{port}/health")
        wrong = faults(endpoint, ask(connection, endpoint))
    assert wrong == [f"nothing answers at {host}:{port} on the target"]
    assert connection.transcript.since(mark)[0].exit_status == 1


def test_a_server_without_tls_is_told(server: ThreadingHTTPServer, connection: Connection) -> None:
    reply = ask(connection, Health(url=f"https://127.0.0.1:{server.server_port}/"))
    assert reply.status is None
    assert reply.error.startswith("TLS with 127.0.0.1:")


def test_a_proxy_of_this_machine_is_not_asked(look: Asks, monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing() as port:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
        assert look("json")[0].status == 200
