"""What a URL answers to a host: over a forward to the target, from the machine that deploys directly."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.noun import Noun
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.ssh.transcript import Entry
from gonogo.deploy.target.sections.service import Health

if TYPE_CHECKING:
    from gonogo.deploy.host.machine import Machine

DEFAULT_PORTS = {"http": 80, "https": 443}
BODY_LIMIT = 1_000_000
LIMIT_S = 5.0
"""Seconds that an answer may take, where nothing else is said."""


@dataclass(frozen=True)
class Reply:
    """One answer: HTTP status (None: there was none), the body as text, seconds, and why there was none.

    ``cut``: the body is longer, and has lost its end.
    """

    status: int | None
    body: str
    seconds: float
    error: str = ""
    cut: bool = False


class Http(Noun):
    """A URL, as a host reaches it; redirects are not followed: they are an answer.

    >>> host.http("http://127.0.0.1:8080/health").reply.status
    200
    >>> controller.http("https://shop.example.com/").reply.body
    '<!doctype html>…'
    """

    outside = True

    @asked("health.baseline")
    def reply(self) -> Reply:
        """Its answer, the body cut to about a megabyte."""
        return self._got()

    @asked("health.baseline")
    def answer(self) -> Reply:
        """Its answer without the body, of which nothing is kept."""
        return replace(self._got(), body="")

    def _got(self) -> Reply:
        url, limit = [*self._names, str(LIMIT_S)][:2]
        reply = get(self.connection, url, float(limit), direct=self._host.role == "controller")
        self.transcript.add(entry(url, reply))
        return reply


def limit_of(endpoint: Health) -> float:
    """Return the seconds that an endpoint of the target file is waited for."""
    return max(LIMIT_S, endpoint.latency_ms / 1000 * 2)


def places(host: Machine, endpoints: Iterable[Health]) -> dict[str, tuple[Http, str]]:
    """Return by URL the noun that asks an endpoint, and its property."""
    found = list(endpoints)
    expected = {endpoint.url for endpoint in found if endpoint.expect}
    return {
        endpoint.url: (
            host.http(endpoint.url, limit_of(endpoint)),
            "reply" if endpoint.url in expected else "answer",
        )
        for endpoint in found
    }


def get(connection: Connection, url: str, limit: float, *, direct: bool = False) -> Reply:
    """Return what ``url`` answers to one GET within ``limit`` seconds, sent from where ``connection`` leads.

    ``direct``: from this machine. Raises ConnectionFailed when the target cannot be reached.
    """
    from gonogo.deploy.host.http_client import NoAnswer  # noqa: PLC0415  what needs no answer need not wait for requests
    from gonogo.deploy.host.http_client import get as ask  # noqa: PLC0415

    parts = urlsplit(url)
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    local = None if direct else connection.forward_port(parts.hostname or "", port)
    begun = time.monotonic()
    try:
        status, body = ask(url, local, limit, BODY_LIMIT)
    except NoAnswer as error:
        return Reply(None, "", time.monotonic() - begun, str(error))
    return Reply(status, body, time.monotonic() - begun, cut=len(body.encode()) >= BODY_LIMIT)


def entry(url: str, reply: Reply) -> Entry:
    """Return what the transcript keeps of a reply."""
    said = f"HTTP {reply.status}\n{reply.body}" if reply.status else reply.error
    return Entry(f"GET {url}", 0 if reply.status else 1, said, reply.seconds)
