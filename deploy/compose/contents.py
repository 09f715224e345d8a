"""What the containers of a service are given as files: configs, secrets, and what they mount of the host.

None of it is part of Compose's config hash: with another content of the same name, a container counts as
unchanged for Compose (seen with 2.27 and 5.6).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

SECRETS = "/run/secrets"
PLACES = {"config": "/", "secret": SECRETS}
"""Where in the container a config or a secret lies that says no place (Compose specification)."""


@dataclass(frozen=True)
class Content:
    """One file or folder that a service's containers are given at ``place``: what ``called`` names.

    It is ``file`` of the target, mounted; or Compose copies it into the container: ``text``, or the value of
    the variable ``environment``. ``writable``: the container can write to it, and so to the target's file.
    """

    service: str
    called: str
    place: str
    file: str = ""
    text: str | None = field(default=None, repr=False)
    environment: str = ""
    writable: bool = False

    def value(self, variables: Mapping[str, str]) -> str | None:
        """Return what Compose copies into the container; None where it copies nothing."""
        return variables.get(self.environment) if self.environment else self.text


def contents(raw: Mapping[str, Any]) -> Iterator[Content]:
    """Yield what the services of a resolved model are given, from the form that Compose prints."""
    for name, service in (raw.get("services") or {}).items():
        for kind, place in PLACES.items():
            for one in service.get(f"{kind}s") or []:
                use = {"source": one} if isinstance(one, str) else one
                given = (raw.get(f"{kind}s") or {}).get(use["source"]) or {}
                at = posixpath.join(place, use.get("target") or use["source"])
                yield Content(
                    service=name,
                    called=f"{kind} {use['source']}",
                    place=posixpath.normpath(at),
                    file=given.get("file") or "",
                    text=given.get("content"),
                    environment=given.get("environment") or "",
                )
        for one in service.get("volumes") or []:
            if one.get("type") == "bind" and one.get("source"):
                source, at = one["source"], posixpath.normpath(one["target"])
                yield Content(name, source, at, source, writable=not one.get("read_only"))
