"""Health endpoints: asked from the target, compared with what the target file expects."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from gonogo.deploy.connection import Connection
from gonogo.deploy.target import Health
from gonogo.deploy.wire.transcript import Entry

DEFAULT_PORTS = {"http": 80, "https": 443}
PAUSE_S = 0.5
BODY_LIMIT = 1_000_000
LEAST_LIMIT_S = 5.0


@dataclass(frozen=True)
class Reply:
    """One answer: HTTP status (None: there was none), the body as text, seconds, and why there was none."""

    status: int | None
    body: str
    seconds: float
    error: str = ""


def ask(connection: Connection, endpoint: Health) -> Reply:
    """Return the endpoint's answer to one GET sent from the target, its body cut to about BODY_LIMIT bytes.

    Redirects are not followed: they are an answer. Raises ConnectionFailed when the target cannot be reached.
    """
    reply = answer(connection, endpoint)
    connection.transcript.add(entry(endpoint.url, reply))
    return reply


def answer(connection: Connection, endpoint: Health) -> Reply:
    """Ask as ``ask`` does, without an entry in the transcript."""
    from gonogo.deploy.availability.http_client import NoAnswer, get  # noqa: PLC0415  what needs no answer need not wait for requests

    parts = urlsplit(endpoint.url)
    local = connection.forward_port(parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme])
    limit = max(LEAST_LIMIT_S, endpoint.latency_ms / 1000 * 2)
    begun = time.monotonic()
    try:
        status, body = get(endpoint.url, local, limit, BODY_LIMIT)
    except NoAnswer as error:
        return Reply(None, "", time.monotonic() - begun, str(error))
    return Reply(status, body, time.monotonic() - begun)


def entry(url: str, reply: Reply) -> Entry:
    """Return what the transcript keeps of a reply."""
    said = f"HTTP {reply.status}\n{reply.body}" if reply.status else reply.error
    return Entry(f"GET {url}", 0 if reply.status else 1, said, reply.seconds)


def faults(endpoint: Health, reply: Reply) -> list[str]:
    """Return what is wrong with a reply, in words; empty when all is as the target file expects."""
    if reply.status is None:
        return [reply.error]
    found = []
    if reply.status != endpoint.status:
        found.append(f"HTTP {reply.status} instead of {endpoint.status}")
    if endpoint.expect:
        found += differences(endpoint, reply.body)
    took = round(reply.seconds * 1000)
    if took > endpoint.latency_ms:
        found.append(f"it took {took} ms, more than {endpoint.latency_ms}")
    return found


def settle(
    connection: Connection, endpoint: Health, sleep: Callable[[float], None] = time.sleep
) -> tuple[Reply, list[str]]:
    """Ask until ``consecutive`` replies in a row are right, for at most ``timeout_s`` seconds.

    Returns the last reply and its faults: none when the endpoint settled. Raises ConnectionFailed as soon as
    the way to the target is gone.
    """
    deadline = time.monotonic() + endpoint.timeout_s
    right = 0
    while True:
        reply = ask(connection, endpoint)
        if reply.status is None:
            # A forward refuses alike whether the endpoint or the whole way there is gone.
            connection.run("true", live=True)
        wrong = faults(endpoint, reply)
        right = 0 if wrong else right + 1
        if right >= endpoint.consecutive:
            return reply, []
        if time.monotonic() >= deadline:
            return reply, wrong or [f"it was right only {right} times in a row, not {endpoint.consecutive}"]
        sleep(PAUSE_S)


def differences(endpoint: Health, body: str) -> list[str]:
    """Return where a body is not what the target file expects, in words; these quote the body's values."""
    try:
        given = json.loads(body)
    except ValueError:
        return ["the body is no JSON"]
    found = []
    for path, wanted in endpoint.expect.items():
        value = _at(given, path)
        if value != wanted or isinstance(value, bool) != isinstance(wanted, bool):
            found.append(f"{path} is {value!r} instead of {wanted!r}")
    return found


def _at(given: Any, path: str) -> Any:
    for part in path.split("."):
        if isinstance(given, dict) and part in given:
            given = given[part]
        elif isinstance(given, list) and part.isdigit() and int(part) < len(given):
            given = given[int(part)]
        else:
            return None
    return given
