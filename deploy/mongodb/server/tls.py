"""TLS to a MongoDB through a forward: chain and real name are verified at every connection."""

from __future__ import annotations

import contextlib
import os
import shlex
import socket
import ssl
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.server.address import Address, Unanswered
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.sections.data import Mongodb
from gonogo.deploy.target.target import Target

HANDSHAKE_S = 5.0
WAITS_S = 0.5
"""Seconds after which a server that has neither spoken nor gone is one that waits to be spoken to."""
LIMIT = 1 << 20
"""Bytes of a file of certificates that are read; those of all public authorities together have a fifth."""
NO_CLIENT = "it may demand a certificate of its clients, which mongodb.tls_client_file names"
OTHER_CLIENT = "its authority may not have signed the certificate of mongodb.tls_client_file"
EXPIRED, EARLY = 10, 9
OTHER_NAME = (62, 64)
OTHER_AUTHORITY = (2, 18, 19, 20, 21)
"""OpenSSL's X509_V_ERR codes, from x509_vfy.h."""


class Context(ssl.SSLContext):
    """A context that asks for, and verifies, ``server_name`` whatever address is connected to.

    pymongo sees 127.0.0.1, where a forward begins, and would verify that: so without this every connection
    would be refused, and never one accepted that should not be.
    """

    server_name: str = ""

    def wrap_socket(self, sock: socket.socket, *args: Any, **given: Any) -> ssl.SSLSocket:
        """Return the socket with TLS; raises what ``ssl`` raises."""
        return super().wrap_socket(sock, *args, **{**given, "server_hostname": self.server_name})


@dataclass(frozen=True)
class Trust:
    """Which certificates are believed: those that ``authority`` signed (PEM), or any of public authorities.

    ``client``: the certificate and key to show (PEM), a secret. ``any_name``, ``any_certificate``: as in Uri.
    """

    authority: str = ""
    client: str = ""
    any_name: bool = False
    any_certificate: bool = False

    def __repr__(self) -> str:
        """Return it without the key."""
        return f"Trust(any_name={self.any_name}, any_certificate={self.any_certificate})"


def trust(connection: Connection, target: Target, mongodb: Mongodb, redactor: Redactor) -> Trust:
    """Return what the target file says of TLS, its files read on the target; raises GonogoError."""
    authority, client = mongodb.tls_ca_file, mongodb.tls_client_file
    return Trust(
        _file(connection, target, "tls_ca_file", authority) if authority else "",
        _file(connection, target, "tls_client_file", client, redactor) if client else "",
    )


def _file(
    connection: Connection, target: Target, key: str, path: str, redactor: Redactor | None = None
) -> str:
    place = target.path / path
    line = f"head -c {LIMIT} -- {shlex.quote(str(place))}"
    result = connection.run(line, private=redactor is not None)
    if redactor is not None:
        redactor.add([result.text])
    if not result.ok or "-----BEGIN" not in result.text:
        why = "holds no PEM certificate" if result.ok else "cannot be read there"
        raise GonogoError(f"{connection.host}: {place} {why}: correct mongodb.{key} in the target file")
    return result.text


def context(given: Trust) -> Context:
    """Return the context of a trust; raises GonogoError for certificates that OpenSSL cannot read."""
    made = Context(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = not (given.any_name or given.any_certificate)
    if given.any_certificate:
        made.verify_mode = ssl.CERT_NONE
    try:
        if given.authority:
            made.load_verify_locations(cadata=given.authority)
        elif not given.any_certificate:
            made.load_default_certs()
    except (ssl.SSLError, ValueError):
        raise GonogoError("the file of mongodb.tls_ca_file holds no certificate that OpenSSL reads") from None
    if given.client:
        _show(made, given.client)
    return made


def _show(made: Context, client: str) -> None:
    """Load a certificate and its key, for which ``ssl`` wants a file."""
    handle, name = tempfile.mkstemp(prefix="gonogo-")  # made with mode 0600
    try:
        with os.fdopen(handle, "w") as file:
            file.write(client)
        # An encrypted key would make OpenSSL ask on the terminal.
        made.load_cert_chain(name, password="")
    except (ssl.SSLError, ValueError, OSError):
        raise GonogoError(
            "the file of mongodb.tls_client_file must hold a certificate and its key, not encrypted, as PEM"
        ) from None
    finally:
        Path(name).unlink(missing_ok=True)


def proved(given: Trust, port: int, at: Address) -> Context:
    """Return a context for the name that the server at local ``port`` proves to have.

    It is the first of ``at.names`` that its certificate is valid for. Raises GonogoError in one sentence,
    Unanswered where nobody is there.
    """
    made = context(given)
    failed: ssl.SSLCertVerificationError | None = None
    for name in at.names:
        made.server_name = name
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=HANDSHAKE_S) as plain:
                made.wrap_socket(plain).close()
            return made
        except ssl.SSLCertVerificationError as error:
            failed = error
            if error.verify_code not in OTHER_NAME:
                break
        except OSError as error:
            if not there(port):
                raise Unanswered(f"the MongoDB {at.told} does not answer on port {at.port}") from None
            raise GonogoError(f"the MongoDB {at.told} {_alert(error)}") from None
    assert failed is not None
    raise GonogoError(f"the certificate of the MongoDB {at.told} {_fault(failed, at, given)}") from None


def there(port: int) -> bool:
    """Return whether a forward leads to somebody: a server of MongoDB waits to be spoken to first."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=HANDSHAKE_S) as plain:
            plain.settimeout(WAITS_S)
            return bool(plain.recv(1))
    except TimeoutError:
        return True
    except OSError:
        return False


def _fault(error: ssl.SSLCertVerificationError, at: Address, given: Trust) -> str:
    code = error.verify_code
    if code == EXPIRED:
        return "has expired: renew it on the server"
    if code == EARLY:
        return "is not valid yet: set the clocks of the server and of this machine right"
    if code in OTHER_NAME:
        names = " or ".join(at.names)
        return f"is for another name than {names}: put that name into it, or correct the host"
    if code in OTHER_AUTHORITY:
        whom = "mongodb.tls_ca_file" if given.authority else "the authorities that this machine trusts"
        more = "correct that file" if given.authority else "name its authority with mongodb.tls_ca_file"
        return f"is signed by another authority than {whom}: {more}"
    return f"is not valid: {error.verify_message}"


def _alert(error: OSError) -> str:
    reason = (getattr(error, "reason", "") or "").replace("_", " ").lower()
    if "certificate required" in reason or "handshake failure" in reason:
        return f"breaks the TLS handshake off: {NO_CLIENT}"
    if "unknown ca" in reason or "bad certificate" in reason:
        return f"breaks the TLS handshake off: {OTHER_CLIENT}"
    if "wrong version" in reason or "eof" in reason or not reason:
        return "does not speak TLS: switch it off in the target file or the connection string"
    return f"breaks the TLS handshake off: {reason}"


def cause(port: int, given: Trust | None, name: str = "") -> str:
    """Return why a server that is there closes connections, as far as TLS is to blame; else nothing."""
    loose = context(replace(given or Trust(), any_certificate=True))
    loose.server_name = name or "localhost"
    with (
        contextlib.suppress(OSError, ValueError),
        socket.create_connection(("127.0.0.1", port), timeout=HANDSHAKE_S) as plain,
        loose.wrap_socket(plain) as secure,
    ):
        if given is None:
            return "speaks TLS alone: set mongodb.tls, and mongodb.tls_ca_file, in the target file"
        try:
            secure.settimeout(WAITS_S)
            closed = not secure.recv(1)
        except ssl.SSLError as error:
            return _alert(error)
        if closed:
            # mongod ends a connection without a word when a certificate is missing or of another authority.
            return (
                f"closes connections after the TLS handshake: {OTHER_CLIENT if given.client else NO_CLIENT}"
            )
    return ""
