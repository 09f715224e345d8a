"""The relay: what is copied, and the connections that are made before somebody comes."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from gonogo.deploy.ssh.relay import Relay
from tests.unit.ports import refusing
from tests.unit.waiting import until


class Server:
    """Answers each connection with what it was sent, in capitals; ``accepted`` are its connections."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.accepted: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self.accepted.append(self.listener.accept()[0])
                threading.Thread(target=self._answer, args=(self.accepted[-1],), daemon=True).start()

    def _answer(self, one: socket.socket) -> None:
        with one, contextlib.suppress(OSError):
            while piece := one.recv(100):
                one.sendall(piece.upper())

    def has(self, number: int) -> bool:
        until(lambda: len(self.accepted) >= number)
        return len(self.accepted) == number


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    for item in (made.listener, *made.accepted):
        # Closed alone, a thread that waits in accept would take connections of the next listener.
        with contextlib.suppress(OSError):
            item.shutdown(socket.SHUT_RDWR)
        item.close()


def said(port: int, word: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as one:
        one.sendall(word)
        with contextlib.suppress(ConnectionResetError):
            return one.recv(100)
    return b""


def test_connections_made_ahead_are_taken_by_the_first_that_come(server: Server) -> None:
    relay = Relay("127.0.0.1", server.port, ahead=2)
    assert server.has(2)
    assert [said(relay.port, b"one"), said(relay.port, b"two")] == [b"ONE", b"TWO"]
    assert server.has(2)
    assert said(relay.port, b"three") == b"THREE"
    assert server.has(3)
    relay.close()


def test_a_connection_that_was_given_up_meanwhile_is_made_anew(server: Server) -> None:
    relay = Relay("127.0.0.1", server.port, ahead=1)
    assert server.has(1)
    server.accepted[0].shutdown(socket.SHUT_RDWR)
    time.sleep(0.02)
    assert said(relay.port, b"again") == b"AGAIN"
    assert server.has(2)
    relay.close()


def test_nobody_there_when_connections_are_made_ahead_is_no_error() -> None:
    with refusing() as port:
        relay = Relay("127.0.0.1", port, ahead=2)
        assert said(relay.port, b"x") == b""
        relay.close()


def test_a_connection_that_is_over_leaves_nothing_open(server: Server) -> None:
    relay = Relay("127.0.0.1", server.port)
    for _ in range(5):
        assert said(relay.port, b"x") == b"X"
    deadline = time.monotonic() + 5
    while relay._open and time.monotonic() < deadline:
        time.sleep(0.005)
    assert relay._open == set(), "the prober alone makes a hundred a second"
    relay.close()


def test_the_end_of_an_answer_does_not_wait_for_a_receipt(server: Server) -> None:
    """With tcp(7)'s default, one that needs two packets took 40 ms longer now and then."""
    relay = Relay("127.0.0.1", server.port)
    with socket.create_connection(("127.0.0.1", relay.port), timeout=5) as one:
        one.sendall(b"x")
        assert one.recv(1) == b"X"
        assert len(relay._open) == 2
        assert all(end.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for end in relay._open)
    relay.close()


def test_what_is_longer_than_one_piece_passes_as_it_is(server: Server) -> None:
    relay = Relay("127.0.0.1", server.port)
    sent = b"".join(f"{number:x} ".encode() for number in range(200_000))
    got = bytearray()
    with socket.create_connection(("127.0.0.1", relay.port), timeout=5) as one:
        sender = threading.Thread(target=one.sendall, args=(sent,))
        sender.start()
        while len(got) < len(sent) and (piece := one.recv(1 << 16)):
            got += piece
        sender.join()
    assert got == sent.upper()
    relay.close()
