"""What a target file is drafted from: ports, health checks and the database of a flattened compose file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from gonogo.deploy.compose.unresolved import UNKNOWN, as_list, filled, is_table, services, table

NOT_HTTP = {22, 25, 53, 1433, 1521, 1883, 3306, 5432, 5672, 6379, 9092, 11211, 27017}
"""Container ports by convention of protocols other than HTTP: no endpoint is suggested for them."""

_HERE = r"(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])"
_URL = re.compile(rf"(?P<scheme>https?)://{_HERE}(?P<rest>[^\s\"'`|;()<>\\]*)", re.IGNORECASE)
_REST = re.compile(rf"(?::(?P<port>\d{{1,5}}))?(?P<path>[/?][^${UNKNOWN}]*)?")
_NOT_A_SERVER = re.compile(r"express|export|backup|dump|seed|client|compass|mongoku|shell|sh$|ui$|web$")


@dataclass(frozen=True)
class Publication:
    """A TCP port on the target that leads to a container's port; ``address`` is how the target asks it."""

    address: str
    published: int
    container: int


@dataclass(frozen=True)
class Database:
    """A MongoDB service and what its environment says; None where it says nothing that is known here."""

    service: str
    image: str
    database: str | None
    username_variable: str | None
    password_variable: str | None


def publications(service: dict[str, Any]) -> list[Publication]:
    """Return the TCP ports with a number that is known here; on the host's network, none is published."""
    found: list[Publication] = []
    for entry in as_list(service.get("ports")):
        address, published, container = _long(entry) if isinstance(entry, dict) else _short(filled(entry))
        ours, theirs = _numbers(published), _numbers(container)
        if len(ours) == len(theirs):
            found += [Publication(_address(address), *pair) for pair in zip(ours, theirs, strict=True)]
    return found


def _long(entry: dict[str, Any]) -> tuple[str, str, str]:
    keys = ("host_ip", "published", "target", "protocol")
    address, published, container, protocol = (filled(entry.get(key) or "") for key in keys)
    return address, published, container if protocol in ("", "tcp") else ""


def _short(text: str) -> tuple[str, str, str]:
    # [ADDRESS:][PUBLISHED:]CONTAINER[/PROTOCOL], where an IPv6 address has colons of its own.
    ports, _, protocol = text.partition("/")
    *before, container = ports.rsplit(":", 2)
    address, published = (["", "", *before])[-2:]
    return address, published, container if protocol in ("", "tcp") else ""


def _numbers(text: str) -> range:
    match = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", text)
    return range(int(match[1]), int(match[2] or match[1]) + 1) if match else range(0)


def _address(text: str) -> str:
    bare = text.strip("[]")
    if bare in ("", "0.0.0.0") or UNKNOWN in bare:
        return "127.0.0.1"
    return f"[{'::1' if bare == '::' else bare}]" if ":" in bare else bare


def health_url(service: dict[str, Any]) -> str | None:
    """Return the URL of the service's own healthcheck as the target reaches it; None where there is none."""
    ports = {port.container: port for port in reversed(publications(service))}
    shared = service.get("network_mode") == "host"
    for match in _URL.finditer(_test(service)):
        rest = _REST.fullmatch(match["rest"].partition("&&")[0])
        if rest is None:
            continue
        scheme, path = match["scheme"].lower(), rest["path"] or "/"
        inside = int(rest["port"] or (443 if scheme == "https" else 80))
        port = Publication("127.0.0.1", inside, inside) if shared else ports.get(inside)
        if port:
            return f"{scheme}://{port.address}:{port.published}{'' if path[0] == '/' else '/'}{path}"
    return None


def _test(service: dict[str, Any]) -> str:
    check = table(service, "healthcheck")
    words = [filled(word) for word in as_list(check.get("test"))]
    return "" if str(check.get("disable")).lower() == "true" or words[:1] == ["NONE"] else " ".join(words)


def suggested_url(service: dict[str, Any]) -> str | None:
    """Return the URL of the first published port that may speak HTTP; None where there is none."""
    ports = (port for port in publications(service) if port.container not in NOT_HTTP)
    return next((f"http://{port.address}:{port.published}/" for port in ports), None)


def database(raw: dict[str, Any]) -> Database | None:
    """Return the MongoDB service of the stack; an image that is called just mongo or mongodb goes first."""
    names = {name: _image(service) for name, service in services(raw).items() if not service.get("profiles")}
    exact = [name for name, image in names.items() if image in ("mongo", "mongodb")]
    like = [name for name, image in names.items() if "mongo" in image and not _NOT_A_SERVER.search(image)]
    for name in [*exact, *like]:
        service = services(raw)[name]
        given = _environment(service)
        known = {key: value for key, value in given.items() if value and UNKNOWN not in value}
        return Database(
            service=name,
            image=filled(service.get("image") or "").replace(UNKNOWN, "…"),
            database=known.get("MONGO_INITDB_DATABASE") or known.get("MONGODB_DATABASE"),
            username_variable=_first(given, ("MONGODB_INITDB_ROOT_USERNAME", "MONGODB_ROOT_USER")),
            password_variable=_first(given, ("MONGODB_INITDB_ROOT_PASSWORD", "MONGODB_ROOT_PASSWORD")),
        )
    return None


def _image(service: dict[str, Any]) -> str:
    return filled(service.get("image") or "").partition("@")[0].rpartition("/")[2].partition(":")[0].lower()


def _environment(service: dict[str, Any]) -> dict[str, str]:
    given = service.get("environment")
    if is_table(given):
        return {str(key): filled(value or "") for key, value in (given or {}).items()}
    pairs = (str(entry).partition("=") for entry in as_list(given))
    return {key: filled(value) for key, _, value in pairs}


def _first(given: dict[str, str], names: tuple[str, ...]) -> str | None:
    return next((name for name in names if name in given), None)
