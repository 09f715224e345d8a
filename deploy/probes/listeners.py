"""Who listens on which port of the target, as the kernel sees it."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from deploy.connection import Connection
from deploy.errors import GonogoError
from deploy.model import Port

COMMAND = "ss -Hlntup"
"""ss(8): listening sockets, TCP and UDP, numeric; processes only where the login may see them."""


@dataclass(frozen=True)
class Listener:
    """A listening socket; ``process`` is empty where the login may not see whose it is."""

    protocol: str
    address: str
    port: int
    process: str = ""

    def __str__(self) -> str:
        return f"{self.address}:{self.port}/{self.protocol}"


def listeners(connection: Connection) -> list[Listener]:
    """Return the listening sockets of the target; raises GonogoError when ``ss`` is missing."""
    result = connection.run(COMMAND)
    if not result.ok:
        raise GonogoError(f"{connection.host}: `ss` does not work there: install the package iproute2")
    return parse(result.text)


def parse(text: str) -> list[Listener]:
    """Return the listeners that COMMAND printed, one a line; lines that are none are left out."""
    found = []
    for line in text.splitlines():
        words = line.split()
        if len(words) < 5 or words[0] not in ("tcp", "udp"):
            continue
        address, _, port = words[4].rpartition(":")
        if not port.isdigit():
            continue
        who = re.search(r'users:\(\("([^"]+)",pid=(\d+)', line)
        process = f"{who[1]} (pid {who[2]})" if who else ""
        # A socket on ::ffff:192.0.2.1 is one of IPv4 (RFC 4291, 2.5.5.2); Java and others open such ones.
        bare = address.partition("%")[0].strip("[]").removeprefix("::ffff:")
        found.append(Listener(words[0], bare or "*", int(port), process))
    return found


def overlaps(one: str, other: str) -> bool:
    """Return whether two listening addresses exclude each other on one port.

    ``*``, ``::`` and an empty address stand for every address; ``0.0.0.0`` for every IPv4 one. A socket on
    ``::`` takes IPv4 as well unless IPV6_V6ONLY is set (ipv6(7)), which is not visible from outside.
    """
    return one == other or _covers(one, other) or _covers(other, one)


def clashes(port: Port, listener: Listener) -> bool:
    """Return whether a listener holds what a published port needs."""
    same = port.published == listener.port and port.protocol == listener.protocol
    return same and overlaps(port.host_ip, listener.address)


def _covers(wide: str, narrow: str) -> bool:
    if wide in ("", "*", "::"):
        return True
    return wide == "0.0.0.0" and (narrow in ("", "*") or ipaddress.ip_address(narrow).version == 4)
