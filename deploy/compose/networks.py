"""The networks of a stack as the compose file defines them, and whether an engine's network is such a one."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

Definition = Mapping[str, Any]
"""One of ``networks`` of a resolved model, as Compose prints it."""

FLAGS = {"internal": "Internal", "attachable": "Attachable"}
"""What is off unless the compose file says so, with the engine's name for it (Docker Engine API)."""
STATED = {"enable_ipv4": "EnableIPv4", "enable_ipv6": "EnableIPv6"}
"""What the engine decides where the compose file says nothing."""
ADDRESSES = {"subnet": "Subnet", "ip_range": "IPRange", "gateway": "Gateway"}


def differing(before: Definition, after: Definition) -> list[str]:
    """Return the keys in which two definitions of a network differ, sorted."""
    keys = {*before, *after} - {"name"}
    return sorted(key for key in keys if (before.get(key) or None) != (after.get(key) or None))


def unlike(wanted: Definition, there: Mapping[str, Any]) -> list[str]:
    """Return the keys of a definition that an engine's network does not meet, sorted.

    ``there``: as ``docker network inspect`` prints it. What the engine may add by itself is no difference: a
    subnet where none is asked for, and options and labels that the definition does not name.
    """
    return sorted(set(_unlike(wanted, there)))


def _unlike(wanted: Definition, there: Mapping[str, Any]) -> Iterator[str]:
    if (wanted.get("driver") or "bridge") != there.get("Driver"):
        yield "driver"
    for key, name in (("driver_opts", "Options"), ("labels", "Labels")):
        has = there.get(name) or {}
        if any(has.get(option) != text(value) for option, value in _pairs(wanted.get(key))):
            yield key
    for key, name in FLAGS.items():
        if bool(wanted.get(key)) != bool(there.get(name)):
            yield key
    for key, name in STATED.items():
        if key in wanted and name in there and bool(wanted[key]) != bool(there[name]):
            yield key
    if not _allotted(wanted.get("ipam") or {}, there.get("IPAM") or {}):
        yield "ipam"


def _allotted(wanted: Definition, there: Mapping[str, Any]) -> bool:
    if wanted.get("driver") and wanted["driver"] != there.get("Driver"):
        return False
    has = there.get("Config") or []
    return all(any(_meets(one, other) for other in has) for one in wanted.get("config") or [])


def _meets(wanted: Definition, there: Mapping[str, Any]) -> bool:
    asked = {name: wanted[key] for key, name in ADDRESSES.items() if wanted.get(key)}
    if any(_network(there.get(name) or "") != _network(value) for name, value in asked.items()):
        return False
    has = there.get("AuxiliaryAddresses") or there.get("AuxAddress") or {}
    return all(has.get(name) == value for name, value in (wanted.get("aux_addresses") or {}).items())


def _network(text: str) -> object:
    with suppress(ValueError):
        return ipaddress.ip_network(text.partition("/")[0] if "/" not in text else text, strict=False)
    return text


def _pairs(given: Any) -> list[tuple[str, Any]]:
    return list(given.items()) if isinstance(given, Mapping) else []


def text(value: Any) -> str:
    """Return a value of an option as the engine keeps it (Docker Engine API: options are strings)."""
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
