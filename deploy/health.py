"""Health endpoints: asked from the target, compared with what the target file expects."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, ReadTimeoutError

from deploy.connection import Connection
from deploy.errors import GonogoError
from deploy.target import Health
from deploy.transcript import Entry

DEFAULT_PORTS = {"http": 80, "https": 443}
PAUSE_S = 0.5
BODY_LIMIT = 1_000_000
PIECE = 65_536
LEAST_LIMIT_S = 5.0


@dataclass(frozen=True)
class Reply:
    """One answer: HTTP status (None: there was none), the body as text, seconds, and why there was none."""

    status: int | None
    body: str
    seconds: float
    error: str = ""


class _Named(HTTPAdapter):
    """Speaks TLS with the name in the URL, although the forward is reached as 127.0.0.1."""

    def __init__(self, name: str) -> None:
        self._name = name
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, server_hostname=self._name, assert_hostname=self._name, **kwargs)


def ask(connection: Connection, endpoint: Health) -> Reply:
    """Return the endpoint's answer to one GET sent from the target, its body cut to about BODY_LIMIT bytes.

    Redirects are not followed: they are an answer. Raises ConnectionFailed when the target cannot be reached.
    """
    parts = urlsplit(endpoint.url)
    host = parts.hostname or ""
    local = connection.forward_port(host, parts.port or DEFAULT_PORTS[parts.scheme])
    limit = max(LEAST_LIMIT_S, endpoint.latency_ms / 1000 * 2)
    begun = time.monotonic()
    with requests.Session() as session:
        session.trust_env = False  # a proxy of this machine has no business on a forward
        if parts.scheme == "https":
            session.mount("https://", _Named(host))
        try:
            answer = session.get(
                _through(parts, local),
                headers={"Host": parts.netloc, "User-Agent": "gonogo"},
                timeout=limit,
                allow_redirects=False,
                stream=True,
            )
            body = _body(answer, begun + limit)
            reply = Reply(answer.status_code, body, time.monotonic() - begun)
        except (requests.RequestException, HTTPError) as error:
            reply = Reply(None, "", time.monotonic() - begun, _why(error, parts, limit))
    said = f"HTTP {reply.status}\n{reply.body}" if reply.status else reply.error
    connection.transcript.add(Entry(f"GET {endpoint.url}", 0 if reply.status else 1, said, reply.seconds))
    return reply


def _body(answer: requests.Response, deadline: float) -> str:
    # The limit of requests counts from one piece to the next, so a stream of events would never end.
    body = b""
    while len(body) < BODY_LIMIT and (piece := answer.raw.read1(PIECE, decode_content=True)):
        body += piece
        if time.monotonic() > deadline:
            raise requests.Timeout
    return body.decode("utf-8-sig", "replace")


def faults(endpoint: Health, reply: Reply) -> list[str]:
    """Return what is wrong with a reply, in words; empty when all is as the target file expects."""
    if reply.status is None:
        return [reply.error]
    found = []
    if reply.status != endpoint.status:
        found.append(f"HTTP {reply.status} instead of {endpoint.status}")
    if endpoint.expect:
        found += _differences(endpoint, reply.body)
    took = round(reply.seconds * 1000)
    if took > endpoint.latency_ms:
        found.append(f"it took {took} ms, more than {endpoint.latency_ms}")
    return found


def settle(
    connection: Connection, endpoint: Health, sleep: Callable[[float], None] = time.sleep
) -> tuple[Reply, list[str]]:
    """Ask until ``consecutive`` replies in a row are right, for at most ``timeout_s`` seconds.

    Returns the last reply and its faults: none when the endpoint settled.
    """
    deadline = time.monotonic() + endpoint.timeout_s
    right = 0
    while True:
        reply = ask(connection, endpoint)
        wrong = faults(endpoint, reply)
        right = 0 if wrong else right + 1
        if right >= endpoint.consecutive:
            return reply, []
        if time.monotonic() >= deadline:
            return reply, wrong or [f"it was right only {right} times in a row, not {endpoint.consecutive}"]
        sleep(PAUSE_S)


def _differences(endpoint: Health, body: str) -> list[str]:
    try:
        answer = json.loads(body)
    except ValueError:
        return ["the body is no JSON"]
    found = []
    for path, wanted in endpoint.expect.items():
        value = _at(answer, path)
        if value != wanted or isinstance(value, bool) != isinstance(wanted, bool):
            found.append(f"{path} is {value!r} instead of {wanted!r}")
    return found


def _at(answer: Any, path: str) -> Any:
    for part in path.split("."):
        if isinstance(answer, dict) and part in answer:
            answer = answer[part]
        elif isinstance(answer, list) and part.isdigit() and int(part) < len(answer):
            answer = answer[int(part)]
        else:
            return None
    return answer


def _through(parts: SplitResult, port: int) -> str:
    return parts._replace(netloc=f"127.0.0.1:{port}", fragment="").geturl()


def _why(error: Exception, parts: SplitResult, limit: float) -> str:
    where = parts.netloc
    if isinstance(error, requests.exceptions.SSLError):
        return f"TLS with {where} failed: {error}"
    if isinstance(error, requests.Timeout | ReadTimeoutError):
        return f"{where} did not answer within {limit:g} s"
    if isinstance(error, requests.ConnectionError):
        return f"nothing answers at {where} on the target"
    return f"{where}: {type(error).__name__}"


def require(connection: Connection, endpoints: list[Health]) -> None:
    """Raise GonogoError that names the first endpoint which does not settle."""
    for endpoint in endpoints:
        _, wrong = settle(connection, endpoint)
        if wrong:
            raise GonogoError(f"{endpoint.url}: {'; '.join(wrong)}")
