"""Where a name leads, as a host resolves it."""

from __future__ import annotations

import shlex
import socket

from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.noun import Noun


class Dns(Noun):
    """A name that is resolved on a host.

    >>> controller.dns("shop.example.com").addresses
    ['192.0.2.1', '2001:db8::1']
    """

    outside = True

    @asked("dns.target")
    def addresses(self) -> list[str]:
        """The addresses of the name, sorted; none where it does not resolve."""
        (name,) = self._names
        if self._host.role == "controller":
            return resolved(name)  # getent(1) is not on every system from which somebody deploys
        return parse(self.connection.run(f"getent ahosts -- {shlex.quote(name)}").text)


def resolved(name: str) -> list[str]:
    """Return the addresses of a name, sorted, as this process resolves it; none for no name of a host."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return sorted({_plain(str(one[4][0])) for one in found})


def parse(text: str) -> list[str]:
    """Return the addresses, sorted, that ``getent ahosts`` printed, one a line."""
    return sorted({_plain(line.split()[0]) for line in text.splitlines() if line.strip()})


def _plain(address: str) -> str:
    return address.partition("%")[0]
