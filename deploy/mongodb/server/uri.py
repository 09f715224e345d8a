"""A connection string as MongoDB's drivers read it; what it holds is never repeated, for it is a secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, quote_plus

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.server.address import PORT

SCHEMES = ("mongodb://", "mongodb+srv://")
LOOKUP_S = 5.0
EXTERNAL = "$external"
MECHANISMS = ("", "DEFAULT", "SCRAM-SHA-1", "SCRAM-SHA-256", "PLAIN", "MONGODB-X509")
ELSEWHERE = {"tlscafile": "tls_ca_file", "tlscertificatekeyfile": "tls_client_file"}
"""Options that name a file of the application, and the key of the target file that stands for each."""
# Parts of pymongo's messages, which may repeat the string, and what they mean.
CAUSES = (
    ("escaped", "a character of its user or password, such as @ : / ? # or %, is not percent-encoded"),
    ("Port ", "a port in it is no number from 1 to 65535"),
    ("key=value", "its options are no pairs of key=value"),
    ("database name", 'the name of the database in it holds one of / " $ or a space'),
    ("ultiple hosts", "directConnection and loadBalanced take one host alone"),
    ("hostname", "it names no host"),
    ("Empty host", "it names no host"),
)


@dataclass(frozen=True)
class Uri:
    """What a connection string says. ``source``: the database that the login belongs to.

    ``direct``: it asks for this very server, whatever its role. ``any_name``, ``any_certificate``: it
    switches off the verification of the server's name, or of its certificate and name; the latter counts
    for nothing where the target file names an authority.
    """

    variable: str
    hosts: tuple[tuple[str, int], ...]
    username: str = ""
    password: str = field(default="", repr=False)
    source: str = "admin"
    mechanism: str = ""
    replica_set: str = ""
    direct: bool = False
    tls: bool = False
    any_name: bool = False
    any_certificate: bool = False

    @property
    def secrets(self) -> list[str]:
        """The password in every form in which it may be written."""
        return [one(self.password) for one in (str, quote, quote_plus)] if self.password else []


def read(value: str, variable: str, files: Mapping[str, object] | None = None) -> Uri:
    """Return what a connection string says; raises GonogoError in one sentence that repeats none of it.

    ``variable``: where it stands. ``files``: the keys ``tls_ca_file`` and ``tls_client_file`` of the target
    file. The hosts of ``mongodb+srv://`` are looked up in the DNS of this machine, for a target need not have
    a tool that asks for SRV records; connections go through the target all the same.
    """
    value = value.strip()
    if not value.startswith(SCHEMES):
        raise GonogoError(f"{variable} is no connection string: it must begin with {' or '.join(SCHEMES)}")
    parsed = _parsed(f"{SCHEMES[0]}{value.partition('://')[2]}", variable)
    if value.startswith(SCHEMES[1]):
        parsed = _looked_up(value, variable, parsed["nodelist"][0][0])
    options = {str(key).lower(): str(given) for key, given in parsed["options"].items()}
    files = files or {}
    _accept(parsed, options, variable, files)
    mechanism = options.get("authmechanism", "").upper()
    default = EXTERNAL if mechanism in ("PLAIN", "MONGODB-X509") else parsed["database"] or "admin"
    return Uri(
        variable=variable,
        hosts=tuple((host, port or PORT) for host, port in parsed["nodelist"]),
        username=parsed["username"] or "",
        password=parsed["password"] or "",
        source=options.get("authsource") or default,
        mechanism=mechanism,
        replica_set=options.get("replicaset", ""),
        direct=_on(options, "directconnection") or _on(options, "loadbalanced"),
        tls=_on(options, "tls", "ssl") or any(key in options for key in ELSEWHERE),
        any_name=_on(options, "tlsallowinvalidhostnames"),
        any_certificate=_on(options, "tlsallowinvalidcertificates") and not files.get("tls_ca_file"),
    )


def _parsed(value: str, variable: str) -> dict[str, Any]:
    from pymongo.errors import PyMongoError  # noqa: PLC0415  a tenth of a second, see login.py
    from pymongo.uri_parser import parse_uri  # noqa: PLC0415

    try:
        # Files that options name lie elsewhere, and some options are of later drivers: none is verified here.
        return dict(parse_uri(value, validate=False))
    except (PyMongoError, ValueError, TypeError) as error:
        why = next((told for part, told in CAUSES if part in str(error)), "drivers of MongoDB cannot read it")
        raise GonogoError(f"{variable} is no connection string: {why}") from None


def _looked_up(value: str, variable: str, host: str) -> dict[str, Any]:
    from pymongo.errors import PyMongoError  # noqa: PLC0415
    from pymongo.uri_parser import parse_uri  # noqa: PLC0415

    try:
        return dict(parse_uri(value, validate=False, connect_timeout=LOOKUP_S))
    except (PyMongoError, ValueError, TypeError):
        raise GonogoError(
            f"{variable} is mongodb+srv://, and this machine's DNS gives no usable SRV record for {host}: "
            "write its hosts out in a mongodb:// string"
        ) from None


def _accept(
    parsed: Mapping[str, Any], options: Mapping[str, str], variable: str, files: Mapping[str, object]
) -> None:
    sockets = [host for host, _ in parsed["nodelist"] if host.startswith("/")]
    if sockets:
        raise GonogoError(f"{variable} names a Unix socket: gonogo reaches a MongoDB by host and port alone")
    if options.get("authmechanism", "").upper() not in MECHANISMS:
        known = ", ".join(one for one in MECHANISMS[2:])
        raise GonogoError(
            f"{variable} asks for an authMechanism that gonogo does not log in with: it knows {known}"
        )
    for option, key in ELSEWHERE.items():
        if option in options and not files.get(key):
            raise GonogoError(
                f"{variable} names a file with {option}, whose path is that of the application: name the "
                f"file on the target with mongodb.{key} in the target file"
            )


def _on(options: Mapping[str, str], *keys: str) -> bool:
    return any(options.get(key, "").lower() == "true" for key in keys)
