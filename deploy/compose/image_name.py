"""The name of an image: its registry, its repository, its tag, and what a registry takes."""

from __future__ import annotations

import ipaddress
import re

HUB = "docker.io"

_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*")
TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
"""The grammar of the OCI distribution specification (v1.1, "Pulling manifests")."""


def split(name: str) -> tuple[str, str, str]:
    """Return registry, repository and tag of an image's name, as Docker reads it; a digest is in the tag."""
    bare, at, digest = name.partition("@")
    before, colon, tag = bare.rpartition(":")
    if not colon or "/" in tag:
        before, tag = bare, ""
    host, slash, rest = before.partition("/")
    if not slash or not ("." in host or ":" in host or host == "localhost"):
        host, rest = HUB, before if slash else f"library/{before}"
    return host, rest, f"{tag}{at}{digest}" or "latest"


def repository(name: str) -> str:
    """Return an image's name without tag and digest."""
    bare = name.partition("@")[0]
    before, colon, tag = bare.rpartition(":")
    return before if colon and "/" not in tag else bare


def misnamed(name: str, host: str) -> str:
    """Return what is wrong with the name of an image that is to be pushed to a registry; empty if nothing."""
    found, repository, tag = split(name)
    if found.lower() != host.lower():
        return f"{name} lies in {found}"
    if "@" in tag:
        return f"{name} is fixed to a digest, which no build can have"
    if not REPOSITORY.fullmatch(repository) or not TAG.fullmatch(tag) or len(repository) > 255:
        return f"{name} is no valid name of an image"
    return ""


def loopback(host: str) -> bool:
    """Return whether a registry's host is this very machine, for whoever asks."""
    name = host.rpartition(":")[0] if re.search(r":\d+$", host) else host
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
