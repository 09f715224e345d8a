"""The prober against small servers of this machine: what it counts, when it ends, what it says."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from gonogo.deploy.availability import prober
from gonogo.deploy.availability.prober import Prober
from gonogo.deploy.errors import ConnectionFailed
from gonogo.deploy.ssh.connection import Connection
from gonogo.reports.model import Availability
from tests.unit.ports import refusing
from tests.unit.stacks import target
from tests.unit.waiting import until

BODY = b'{"status":"healthy","checks":{"database":"ok"}}'
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
EXPECT = {"checks.database": "ok"}


class Through:
    """Stands in for a connection: its forwards lead to ports of this machine."""

    def __init__(self, *ports: int, fault: str = "") -> None:
        self.ports, self.fault = list(ports), fault
        self.asked: list[tuple[str, int]] = []

    def redact(self, text: str) -> str:
        return text.replace("s3cret-path", "***")

    def forward_port(self, host: str, port: int) -> int:
        if self.fault:
            raise ConnectionFailed(self.fault)
        self.asked.append((host, port))
        return self.ports[len(self.asked) - 1]


@contextlib.contextmanager
def serving(answer: Callable[[], bytes]) -> Iterator[int]:
    """Serve ``answer()`` to every request; what is empty is no answer but an end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    one, _ = listener.accept()
                    threading.Thread(target=reply, args=(one,), daemon=True).start()

        def reply(one: socket.socket) -> None:
            with contextlib.suppress(OSError), one:
                one.recv(65536)
                one.sendall(answer())

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)


def _least(seen: Availability) -> int:
    return min(one.requests for one in seen.urls)


def watched(
    through: Through, requests: int, expect: dict[str, Any] | None = None, urls: int = 1, **given: Any
) -> Availability:
    """What watching until so many requests of each URL ended says, over ssh as far as the prober knows."""
    health = [{"url": f"http://web:{8001 + n}/health", "json": expect or {}} for n in range(urls)]
    to = target(host="ssh://web", health=health, availability={"rate": 200, **given})
    with prober.watching(cast(Connection, through), to) as watch:
        until(lambda: bool(watch.snapshot().notes) or _least(watch.snapshot()) >= requests)
    assert watch.result
    return watch.result


def test_every_url_is_asked_evenly_and_through_the_forward() -> None:
    with serving(lambda: GOOD) as port:
        through = Through(port, port)
        seen = watched(through, 4, urls=2)
    assert through.asked == [("web", 8001), ("web", 8002)]
    first, second = seen.urls
    assert abs(first.requests - second.requests) <= 1
    assert (first.failed, first.errors, seen.notes) == (0, {}, [])
    assert first.gap_s is not None
    assert first.gap_s < 1
    assert first.before.requests == first.requests
    assert first.before.p50_ms is not None
    assert sum(good for _, good, _ in first.slots) == first.requests


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (GOOD, ""),
        (CHUNKED, ""),
        (b"HTTP/1.1 200 OK\r\n\r\n" + BODY, ""),
        (b"HTTP/1.1 503 Unavailable\r\n\r\n", "HTTP 503"),
        (GOOD.replace(b'"ok"', b'"no"'), "another answer than expected"),
        (b"SSH-2.0-OpenSSH\r\n", "no HTTP"),
        (b"", "closed without an answer"),
    ],
)
def test_what_counts_as_an_answer(answer: bytes, says: str) -> None:
    with serving(lambda: answer) as port:
        seen = watched(Through(port), 2, EXPECT).urls[0]
    assert set(seen.errors) == ({says} if says else set())
    assert seen.failed == (seen.requests if says else 0)
    assert (seen.gap_s is None) is bool(says)


def test_a_stack_that_is_away_for_a_while_is_a_gap() -> None:
    away = threading.Event()
    with serving(lambda: b"" if away.is_set() else GOOD) as port:
        health = [{"url": "http://web:8001/"}]
        to = target(host="ssh://web", health=health, availability={"rate": 200})
        with prober.watching(cast(Connection, Through(port)), to) as watch:
            until(lambda: watch.snapshot().urls[0].requests > 3)
            watch.changing()
            away.set()
            until(lambda: watch.snapshot().urls[0].failed > 0)
            noticed = watch.snapshot().seconds
            time.sleep(0.08)
            failed = watch.snapshot().urls[0].failed
            away.clear()
            until(lambda: watch.snapshot().urls[0].during.p50_ms is not None)
    assert watch.result
    (seen,) = watch.result.urls
    assert seen.gap_s is not None
    assert seen.gap_s > 0.08
    assert watch.result.changed_at is not None
    assert seen.gap_at <= noticed
    assert (seen.before.failed, seen.during.failed) == (0, seen.failed)
    assert seen.failed >= failed > 0


def test_a_connection_that_ended_is_no_failure_of_the_stack() -> None:
    with serving(lambda: GOOD) as port:
        health = [{"url": "http://web:8001/"}]
        to = target(host="ssh://web", health=health, availability={"rate": 200})
        watch, begun = Prober(cast(Connection, Through(port)), to), time.monotonic()
        watch.start()
        until(lambda: watch.snapshot().urls[0].requests > 3)
    until(lambda: bool(watch.snapshot().notes))
    noticed = time.monotonic() - begun
    time.sleep(0.02)
    seen = watch.stop()
    assert seen.notes == [prober.GONE]
    assert seen.urls[0].failed == 0
    assert seen.seconds <= noticed


def test_on_this_very_machine_nobody_listening_is_a_failure() -> None:
    with refusing() as port:
        to = target(health=[{"url": f"http://127.0.0.1:{port}/"}], availability={"rate": 200})
        with prober.watching(cast(Connection, Through(port)), to) as watch:
            until(lambda: watch.snapshot().urls[0].requests > 0)
    assert watch.result
    assert set(watch.result.urls[0].errors) == {"nothing listens"}


def test_public_urls_are_asked_past_the_connection() -> None:
    with serving(lambda: b"HTTP/1.1 302 Found\r\n\r\n") as port:
        through = Through()
        seen = watched(through, 2, public_urls=[f"http://127.0.0.1:{port}/s3cret-path"])
    assert through.asked == []
    assert seen.urls[0].url == f"http://127.0.0.1:{port}/***"
    assert (seen.urls[0].failed, seen.urls[0].requests > 1) == (0, True)


@pytest.mark.parametrize(
    ("through", "given", "says"),
    [
        (Through(), {"urls": 0}, "not watched: the target file names no endpoint"),
        (Through(), {"rate": 0}, "not watched: rate is 0"),
        (Through(fault="no way"), {}, "not watched: no way"),
    ],
)
def test_what_is_not_watched_says_so(through: Through, given: dict[str, Any], says: str) -> None:
    seen = watched(through, 1, **given)
    assert seen.notes == [says]
    assert seen.urls == []


def test_a_fault_of_ours_ends_the_watch_and_not_the_release(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(Prober, "_once", broken)
    seen = watched(Through(1), 1)
    assert seen.notes == ["the watch ended by a fault of gonogo's own (KeyError)"]


def test_a_name_that_cannot_be_one_is_a_failure() -> None:
    seen = watched(Through(), 1, public_urls=[f"http://{'x' * 70}.example/"])
    assert set(seen.urls[0].errors) == {"no way there (UnicodeError)"}
    assert seen.urls[0].requests == seen.urls[0].failed


def test_what_speaks_no_tls_where_it_should_is_a_failure() -> None:
    with serving(lambda: GOOD) as port:
        to = target(host="ssh://web", health=[{"url": "https://web/"}], availability={"rate": 200})
        with prober.watching(cast(Connection, Through(port)), to) as watch:
            until(lambda: watch.snapshot().urls[0].requests > 0)
    assert watch.result
    assert set(watch.result.urls[0].errors) == {"TLS failed"}
