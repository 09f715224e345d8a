"""Until when the certificates of TLS servers hold, as they show them to the target."""

from __future__ import annotations

import datetime
import socket
import ssl
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from gonogo.deploy.connection import Connection
from gonogo.deploy.target import Target
from gonogo.deploy.wire.transcript import Entry

HTTPS = 443
HANGS_UP = "nothing answers there, or it hangs up"
PATIENCE_S = 10.0
SEQUENCE, EXPLICIT_0, UTC_TIME = 0x30, 0xA0, 0x17


@dataclass(frozen=True)
class Certificate:
    """What a server showed: when its certificate ends (UTC), or why it showed none."""

    server: str
    ends: datetime.datetime | None
    error: str = ""


def servers(target: Target) -> list[tuple[str, int]]:
    """Return host and port of every server whose certificate matters, each once, in the file's order."""
    found = []
    for endpoint in target.health:
        parts = urlsplit(endpoint.url)
        if parts.scheme == "https" and parts.hostname:
            found.append((parts.hostname, parts.port or HTTPS))
    for text in target.tls.hosts:
        name, _, port = text.partition(":")
        found.append((name, int(port or HTTPS)))
    return list(dict.fromkeys(found))


def certificates(connection: Connection, wanted: Iterable[tuple[str, int]]) -> list[Certificate]:
    """Return the certificate of each server, asked from the target; raises ConnectionFailed."""
    led = [(host, port, connection.forward_port(host, port)) for host, port in wanted]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda one: asked(*one), led))
    for one in found:
        said = one.error or f"its certificate ends {one.ends}"
        connection.transcript.add(Entry(f"TLS {one.server}", 1 if one.error else 0, said, 0.0))
    return found


def asked(host: str, port: int, local: int) -> Certificate:
    """Return the certificate that a server shows for ``host`` behind a port of this machine."""
    server = f"{host}:{port}"
    # Whether it is trusted is for the health endpoints to say; an expired one has to be read as well.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection(("127.0.0.1", local), PATIENCE_S) as plain,
            context.wrap_socket(plain, server_hostname=host) as secure,
        ):
            return Certificate(server, ends(secure.getpeercert(binary_form=True) or b""))
    except TimeoutError:
        return Certificate(server, None, f"it did not answer within {PATIENCE_S:g} s")
    except (ConnectionError, ssl.SSLEOFError):
        return Certificate(server, None, HANGS_UP)
    except ssl.SSLError as error:
        # Who hangs up in the midst of it gives no reason.
        said = f"it speaks no TLS that is of use ({error.reason})" if error.reason else HANGS_UP
        return Certificate(server, None, said)
    except (OSError, ValueError) as error:
        return Certificate(server, None, f"it shows no certificate that can be read ({error})")


def ends(der: bytes) -> datetime.datetime:
    """Return when a certificate ends, in UTC; raises ValueError for bytes that are none.

    RFC 5280, 4.1: version (may be missing), serial number, signature, issuer, validity, …
    """
    try:
        ((_, certificate),) = _items(der)
        fields = [field for field in _items(next(_items(certificate))[1]) if field[0] != EXPLICIT_0]
        _, (kind, text) = _items(fields[3][1])
    except (IndexError, StopIteration):
        raise ValueError("cut short") from None
    form = "%y%m%d%H%M%SZ" if kind == UTC_TIME else "%Y%m%d%H%M%SZ"
    moment = datetime.datetime.strptime(text.decode("ascii"), form).replace(tzinfo=datetime.UTC)
    # RFC 5280, 4.1.2.5.1: years of two digits are those from 1950 to 2049; Python's turn is in 1969.
    return moment.replace(year=moment.year - 100) if kind == UTC_TIME and moment.year > 2049 else moment


def _items(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of each item in a DER encoding (X.690, 8.1.2 and 8.1.3)."""
    at = 0
    while at < len(der):
        tag, length, at = der[at], der[at + 1], at + 2
        if length > 0x7F:
            width = length & 0x7F
            length, at = int.from_bytes(der[at : at + width], "big"), at + width
        if at + length > len(der):
            raise ValueError("cut short")
        yield tag, der[at : at + length]
        at += length
