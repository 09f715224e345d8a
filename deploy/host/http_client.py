"""One GET through a forward, with limits on time and size. Apart, because requests takes long to import."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import SplitResult, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, ReadTimeoutError

from gonogo.deploy.host.http_session import Session

PIECE = 65_536


class NoAnswer(Exception):
    """There was no answer; the message says why."""


class _Named(HTTPAdapter):
    """Speaks TLS with the name in the URL, although the forward is reached as 127.0.0.1."""

    def __init__(self, name: str) -> None:
        self._name = name
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, server_hostname=self._name, assert_hostname=self._name, **kwargs)


def get(url: str, port: int | None, limit: float, most: int) -> tuple[int, str]:
    """Return status and body of what answers ``url`` on a port of this machine's 127.0.0.1.

    ``port``: None for the server that the URL itself names. ``limit``: seconds for the whole answer;
    ``most``: bytes after which the body is cut. Raises NoAnswer.
    Redirects are not followed: they are an answer.
    """
    parts = urlsplit(url)
    deadline = time.monotonic() + limit
    with Session() as session:
        session.trust_env = port is None  # a proxy of this machine has no business on a forward
        if port is not None and parts.scheme == "https":
            session.mount("https://", _Named(parts.hostname or ""))
        try:
            answer = session.get(
                (parts if port is None else parts._replace(netloc=f"127.0.0.1:{port}", fragment="")).geturl(),
                headers={"Host": parts.netloc, "User-Agent": "gonogo"},
                timeout=limit,
                allow_redirects=False,
                stream=True,
            )
            return answer.status_code, body(answer, deadline, most).decode("utf-8-sig", "replace")
        except (requests.RequestException, HTTPError) as error:
            raise NoAnswer(_why(error, parts, limit, "" if port is None else " on the target")) from None


def body(answer: requests.Response, deadline: float, most: int) -> bytes:
    """Return a body that is being streamed, of ``most`` bytes or little more where it is longer.

    ``deadline``: by the monotonic clock. The limit of requests counts from one piece to the next, so a stream
    of events would never end. Raises requests' Timeout, and what urllib3 raises.
    """
    found = b""
    while len(found) < most and (piece := answer.raw.read1(PIECE, decode_content=True)):
        found += piece
        if time.monotonic() > deadline:
            raise requests.Timeout
    return found


def _why(error: Exception, parts: SplitResult, limit: float, place: str) -> str:
    where = parts.netloc
    if isinstance(error, requests.exceptions.SSLError):
        return f"TLS with {where} failed: {error}"
    if isinstance(error, requests.Timeout | ReadTimeoutError):
        return f"{where} did not answer within {limit:g} s"
    if isinstance(error, requests.ConnectionError):
        return f"nothing answers at {where}{place}"
    return f"{where}: {type(error).__name__}"
