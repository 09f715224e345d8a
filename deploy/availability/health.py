"""Health endpoints: asked from the target, compared with what the target file expects."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from gonogo.deploy.host.answers import ahead
from gonogo.deploy.host.http import BODY_LIMIT, Reply, entry, get, limit_of, places
from gonogo.deploy.release.host import Host
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.sections.service import Health

PAUSE_S = 0.5


def replies(host: Host, endpoints: Iterable[Health]) -> dict[str, Reply]:
    """Return what endpoints answer to a host, by URL, each asked once in a run and all side by side.

    Of a body that the target file expects nothing of, nothing is kept.
    """
    wanted = places(host, endpoints)
    ahead(partial(getattr, *place) for place in wanted.values())
    return {url: getattr(*place) for url, place in wanted.items()}


def ask(connection: Connection, endpoint: Health) -> Reply:
    """Return the endpoint's answer to one GET sent from the target, its body cut to about a megabyte.

    Redirects are not followed: they are an answer. Raises ConnectionFailed when the target cannot be reached.
    """
    reply = get(connection, endpoint.url, limit_of(endpoint))
    connection.transcript.add(entry(endpoint.url, reply))
    return reply


def faults(endpoint: Health, reply: Reply) -> list[str]:
    """Return what is wrong with a reply, in words; empty when all is as the target file expects."""
    if reply.status is None:
        return [reply.error]
    found = []
    if reply.status != endpoint.status:
        found.append(f"HTTP {reply.status} instead of {endpoint.status}")
    if endpoint.expect and reply.cut:
        found.append(
            f"the body is longer than {BODY_LIMIT:,} bytes, so what is expected of it was not judged"
        )
    elif endpoint.expect:
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
        elif isinstance(given, list) and part.isdecimal() and int(part) < len(given):
            given = given[int(part)]
        else:
            return None
    return given
