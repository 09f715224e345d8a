"""Where names lead, as this machine resolves them."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor


def addresses(names: Iterable[str]) -> dict[str, list[str]]:
    """Return the addresses of each name, sorted; none for a name that does not resolve."""
    wanted = list(dict.fromkeys(names))
    with ThreadPoolExecutor(8) as pool:
        return dict(zip(wanted, pool.map(_of, wanted), strict=True))


def _of(name: str) -> list[str]:
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return sorted({str(one[4][0]).partition("%")[0] for one in found})
