"""Until when the certificate of a TLS server is valid."""

from __future__ import annotations

import datetime
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.noun import Noun
from gonogo.deploy.ssh.transcript import Entry

HANGS_UP = "nothing answers there, or it hangs up"
PATIENCE_S = 10.0
SEQUENCE, EXPLICIT_0, UTC_TIME = 0x30, 0xA0, 0x17


@dataclass(frozen=True)
class Shown:
    """What a server showed: when its certificate ends (UTC), or why it showed none."""

    server: str
    ends: datetime.datetime | None
    error: str = ""


class Certificate(Noun):
    """The certificate of a TLS server, ``name:port``, as it shows it to the host.

    >>> host.certificate("shop.example.com:443").shown.ends
    datetime.datetime(2026, 12, 24, 15, 10, 42, tzinfo=datetime.timezone.utc)
    """

    outside = True

    @asked("tls.expiry")
    def shown(self) -> Shown:
        """What the server shows, whether or not it is trusted; raises ConnectionFailed."""
        (server,) = self._names
        name, _, port = server.rpartition(":")
        found = handshake(name, int(port), self.connection.forward_port(name, int(port)))
        said = found.error or f"its certificate ends {found.ends}"
        self.transcript.add(Entry(f"TLS {found.server}", 1 if found.error else 0, said, 0.0))
        return found


def handshake(host: str, port: int, local: int) -> Shown:
    """Return what a server shows for ``host:port`` behind the port ``local`` of this machine."""
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
            return Shown(server, ends(secure.getpeercert(binary_form=True) or b""))
    except TimeoutError:
        return Shown(server, None, f"it did not answer within {PATIENCE_S:g} s")
    except (ConnectionError, ssl.SSLEOFError):
        return Shown(server, None, HANGS_UP)
    except ssl.SSLError as error:
        # Who hangs up in the midst of it gives no reason.
        said = f"it speaks no TLS that is of use ({error.reason})" if error.reason else HANGS_UP
        return Shown(server, None, said)
    except (OSError, ValueError) as error:
        return Shown(server, None, f"it shows no certificate that can be read ({error})")


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
