"""The primary of a replica set: from whichever member answers to the one that takes writes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.server import address
from gonogo.deploy.mongodb.server.address import Address, Unanswered
from gonogo.deploy.mongodb.server.client import TIMEOUT_MS, Login, connected

if TYPE_CHECKING:
    from pymongo import MongoClient

    from gonogo.deploy.mongodb.server.tls import Trust
    from gonogo.deploy.release.release import Release

    Client = MongoClient[dict[str, Any]]

ELECTION_S = 12.0
"""Seconds that a primary is waited for: an election takes up to electionTimeoutMillis, 10 s by default."""
PAUSE_S = 0.25
IMPATIENCE_MS = 1500
HOPS = 3
"""How often a server may name another one as the primary."""


@dataclass(frozen=True)
class Way:
    """What leads to a MongoDB: its members that are known, whom to log in as, and whether over TLS.

    ``replica_set``: the name that the set must have, where one is given. ``direct``: the server itself is
    meant, whatever its role.
    """

    members: tuple[Address, ...]
    login: Login
    trust: Trust | None = None
    replica_set: str = ""
    direct: bool = False


class Undecided(GonogoError):
    """The members of a replica set name one another as its primary, or none."""


@contextmanager
def reached(release: Release, way: Way) -> Iterator[Client]:
    """Give a client of the server that takes the writes; raises GonogoError in one sentence."""
    client, stack, at = _answering(release, way)
    with stack:
        if not way.direct:
            client, led = _led(release, way, client, at)
            stack.push(led)
        yield client


def _led(release: Release, way: Way, client: Client, at: Address) -> tuple[Client, ExitStack]:
    """Return a client of the primary that the server of ``client`` leads to, and what closes it.

    Until an election is over, members name none, one another or one that is gone: they are asked again.
    """
    deadline = time.monotonic() + ELECTION_S
    while True:
        stack = ExitStack()
        try:
            with stack:
                return _followed(release, way, client, at, stack), stack.pop_all()
        except (Undecided, Unanswered):
            if time.monotonic() > deadline:
                raise
        time.sleep(PAUSE_S)


def _followed(release: Release, way: Way, client: Client, at: Address, stack: ExitStack) -> Client:
    for _ in range(HOPS):
        there = elsewhere(release, client, at, way.replica_set)
        if there is None:
            return client
        at = there
        client = stack.enter_context(connected(release.connection, at, way.login, way.trust))
    raise Undecided(
        f"the members of the replica set that the MongoDB {at.told} belongs to name one another as "
        "its primary: see what rs.status() says on each"
    )


def _answering(release: Release, way: Way) -> tuple[Client, ExitStack, Address]:
    """Return a client of the first member that answers, what closes it, and where it is.

    Where there are several, none is waited for long before the others were asked.
    """
    several = len(way.members) > 1
    rounds = [(at, IMPATIENCE_MS) for at in way.members if several] + [(at, TIMEOUT_MS) for at in way.members]
    silent: Unanswered | None = None
    for at, patience in rounds:
        stack = ExitStack()
        try:
            with stack:
                client = stack.enter_context(
                    connected(release.connection, at, way.login, way.trust, patience_ms=patience)
                )
                client.admin.command("ping")
                return client, stack.pop_all(), at
        except Unanswered as error:
            silent = silent or error
    assert silent is not None
    raise Unanswered(f"none of {len(way.members)} hosts answers: {silent}") if several else silent


def elsewhere(release: Release, client: Client, at: Address, name: str = "") -> Address | None:
    """Return where the primary is when ``client`` is not at it; raises Undecided when there is none now.

    ``name``: of the replica set that is expected; empty for any, and for a server that is in none.
    """
    said = client.admin.command("hello")
    _expect(said, at, name)
    if said.get("isWritablePrimary") or ("setName" not in said and not said.get("isreplicaset")):
        return None
    if said.get("isreplicaset"):
        raise GonogoError(
            f"the MongoDB {at.told} is of a replica set that was never initiated: run rs.initiate() on it"
        )
    if there := said.get("primary"):
        return address.of_name(release, *parts(there), beside=at)
    raise Undecided(
        f"the replica set {said['setName']} of the MongoDB {at.told} has no primary: start its other "
        "members, or see what rs.status() says of them"
    )


def parts(member: str) -> tuple[str, int]:
    """Return host and port of a member's name, such as ``mongo1:27017`` or ``[::1]:27017``."""
    host, _, port = member.rpartition(":")
    return host.strip("[]"), int(port)


def _expect(said: Mapping[str, Any], at: Address, name: str) -> None:
    found = said.get("setName", "")
    if name and found and found != name:
        raise GonogoError(
            f"the MongoDB {at.told} is of the replica set {found}, not of {name}: correct replicaSet in the "
            "connection string"
        )
