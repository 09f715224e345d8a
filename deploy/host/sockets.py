"""Who listens on which port of a host, as the kernel sees it."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from gonogo.deploy.compose.service import Port
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.noun import Noun

COMMAND = "ss -Hlntupe"
"""ss(8): listening sockets, TCP and UDP, numeric; processes only where the login may see them; users."""


@dataclass(frozen=True)
class Listener:
    """A listening socket; ``process`` is empty where the login may not see whose it is, ``user`` is its uid.

    ``address``: ``*`` is every one, ``0.0.0.0`` every one of IPv4, ``::`` every one of IPv6 and no other.
    """

    protocol: str
    address: str
    port: int
    process: str = ""
    user: int = 0

    def __str__(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.port}/{self.protocol}"

    @property
    def told(self) -> str:
        """Who holds the port, for a message."""
        whose = f" of the user {self.user}" if self.user else ""
        return self.process or f"a process{whose} that listens on {self} and is no container"


class Sockets(Noun):
    """The sockets of a host.

    >>> host.sockets.listening
    [Listener(protocol='tcp', address='0.0.0.0', port=22, process='sshd (pid 812)', user=0)]
    """

    @asked("ports.free")
    def listening(self) -> list[Listener]:
        """The listening sockets, TCP and UDP; raises GonogoError when ``ss`` is missing."""
        result = self.connection.run(COMMAND)
        if not result.ok:
            raise GonogoError(f"{self.machine}: `ss` does not work there: install the package iproute2")
        return parse(result.text)


def parse(text: str) -> list[Listener]:
    """Return the listeners that COMMAND printed, one a line; lines that are none are left out."""
    listeners = []
    for line in text.splitlines():
        words = line.split()
        if len(words) < 5 or words[0] not in ("tcp", "udp"):
            continue
        address, _, port = words[4].rpartition(":")
        if not port.isdecimal():
            continue
        who = re.search(r'users:\(\("([^"]+)",pid=(\d+)', line)
        user = re.search(r" uid:(\d+)", line)
        process = f"{who[1]} (pid {who[2]})" if who else ""
        listeners.append(
            Listener(words[0], _address(address), int(port), process, int(user[1]) if user else 0)
        )
    return listeners


def _address(text: str) -> str:
    # A socket on ::ffff:192.0.2.1 is one of IPv4 (RFC 4291, 2.5.5.2); Java and others open such ones.
    bare = text.partition("%")[0].strip("[]").removeprefix("::ffff:")
    # ss shows `*` for a socket of both families and `[::]` for one of IPv6 alone (IPV6_V6ONLY, ipv6(7));
    # before iproute2 4.3 it put no brackets and did not tell them apart.
    return "*" if not bare or text == "::" else bare


def overlaps(one: str, other: str) -> bool:
    """Return whether two listening addresses exclude each other on one port.

    ``*`` and an empty address stand for every address; ``0.0.0.0`` for every IPv4 one; ``::`` for every IPv6
    one alone, as the engine's proxy binds it.
    """
    return one == other or _covers(one, other) or _covers(other, one)


def clashes(port: Port, listener: Listener) -> bool:
    """Return whether a listener holds what a published port needs."""
    same = port.published == listener.port and port.protocol == listener.protocol
    return same and overlaps(port.host_ip, listener.address)


def _covers(wide: str, narrow: str) -> bool:
    if wide in ("", "*"):
        return True
    version = {"0.0.0.0": 4, "::": 6}.get(wide)
    return version is not None and narrow not in ("", "*") and ipaddress.ip_address(narrow).version == version
