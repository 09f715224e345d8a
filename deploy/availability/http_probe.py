"""One GET of the prober: a bare asyncio protocol, since a hundred of them a second must cost little."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import io
import re
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from gonogo.deploy.availability.health import differences
from gonogo.deploy.host.http import DEFAULT_PORTS, LIMIT_S
from gonogo.deploy.target.sections.service import Health

MOST = 1 << 18
"""Bytes of an answer that are read: what is longer is cut, and what is cut is no JSON."""
CLOSED = "closed without an answer"
REFUSED = "nothing listens"
LENGTH = re.compile(rb"(?i)\r\ncontent-length:[ \t]*(\d+)")
CHUNKED = re.compile(rb"(?i)\r\ntransfer-encoding:[^\r]*chunked")
STATUS = re.compile(rb"HTTP/1\.\d (\d{3})")


@dataclass(frozen=True)
class Aim:
    """What is asked and where: ``host`` and ``port`` are of this machine, a forward's or the URL's own.

    ``forwarded``: it is a forward, which ends with the connection. ``status`` is None where every one below
    400 is good.
    """

    url: str
    host: str
    port: int
    status: int | None
    health: Health | None = None
    limit_s: float = LIMIT_S
    forwarded: bool = False

    @property
    def secure(self) -> str:
        """The name that the server has to prove; empty where it is spoken to without TLS."""
        parts = urlsplit(self.url)
        return (parts.hostname or "") if parts.scheme == "https" else ""

    @property
    def request(self) -> bytes:
        """The request: without keep-alive, as a user's first one, so no old connection hides a gap."""
        parts = urlsplit(self.url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = (f"GET {path} HTTP/1.1", f"Host: {parts.netloc}", "User-Agent: gonogo", "Accept: */*")
        return "\r\n".join([*lines, "Connection: close", "", ""]).encode()

    def wrong(self, answer: bytes) -> str:
        """Return what is wrong with an answer in a few words that quote nothing of it; empty: it is good."""
        match = STATUS.match(answer)
        if not match:
            return "no HTTP" if answer else CLOSED
        status = int(match[1])
        if status != self.status if self.status else status >= 400:
            return f"HTTP {status}"
        if self.health and self.health.expect and differences(self.health, _body(answer)):
            return "another answer than expected"
        return "" if b"\r\n\r\n" in answer else "cut short"


def of_health(endpoint: Health, port: int, *, forwarded: bool) -> Aim:
    """Return the aim of a health endpoint that a port of 127.0.0.1 leads to."""
    limit = max(LIMIT_S, endpoint.latency_ms / 1000 * 2)
    return Aim(endpoint.url, "127.0.0.1", port, endpoint.status, endpoint, limit, forwarded)


def of_public(url: str) -> Aim:
    """Return the aim of a URL that this machine reaches by itself."""
    parts = urlsplit(url)
    return Aim(url, parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme], None)


class _Getting(asyncio.Protocol):
    """Sends one request and gathers the answer until it is whole, cut off, or as long as it may be."""

    def __init__(self, aim: Aim, done: asyncio.Future[bytes]) -> None:
        self._aim, self._done = aim, done
        self._parts: list[bytes] = []
        self._size, self._whole = 0, -1
        self._chunked = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._aim.request)

    def data_received(self, data: bytes) -> None:
        self._parts.append(data)
        self._size += len(data)
        if self._whole < 0 and not self._chunked:
            self._head()
        ended = self._chunked and self._parts[-1].endswith(b"0\r\n\r\n")
        if ended or self._size >= MOST or 0 <= self._whole <= self._size:
            self._finish()

    def _head(self) -> None:
        head, end, _ = b"".join(self._parts).partition(b"\r\n\r\n")
        if end:
            length = LENGTH.search(head)
            self._whole = len(head) + len(end) + int(length[1]) if length else -1
            self._chunked = bool(CHUNKED.search(head))

    def connection_lost(self, exc: Exception | None) -> None:
        self._finish()

    def _finish(self) -> None:
        if not self._done.done():
            self._done.set_result(b"".join(self._parts))


async def ask(aim: Aim, context: ssl.SSLContext | None) -> tuple[str, bool]:
    """Ask once; returns what went wrong (empty: nothing) and whether the way there is gone for good."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[bytes] = loop.create_future()
    transport: asyncio.Transport | None = None
    tls = context if aim.secure else None
    try:
        async with asyncio.timeout(aim.limit_s):
            transport, _ = await loop.create_connection(
                lambda: _Getting(aim, done), aim.host, aim.port, ssl=tls, server_hostname=aim.secure or None
            )
            return aim.wrong(await done), False
    except TimeoutError:
        return f"no answer within {aim.limit_s:g} s", False
    except ssl.SSLError:
        return "TLS failed", False
    except ConnectionRefusedError:
        return REFUSED, aim.forwarded
    except ConnectionError:
        return CLOSED, False
    except (OSError, UnicodeError) as error:  # a name that no DNS could hold is of the latter kind
        return f"no way there ({type(error).__name__})", False
    finally:
        if transport:
            transport.abort() if aim.secure else transport.close()


def _body(answer: bytes) -> str:
    class Answered:
        def makefile(self, *_: object) -> io.BytesIO:
            return io.BytesIO(answer)

    with contextlib.suppress(http.client.HTTPException, ValueError):
        response = http.client.HTTPResponse(Answered())  # type: ignore[arg-type]
        response.begin()
        return response.read().decode("utf-8-sig", "replace")
    return ""
