"""What the services of a stack mount, and at which places in their containers."""

from __future__ import annotations

import posixpath

from gonogo.deploy.compose.model import Model
from gonogo.deploy.compose.service import Mount


def binds_of(model: Model) -> set[str]:
    """Return the paths of the host that the model's services mount."""
    return {m.source for service in model.services.values() for m in service.mounts if m.type == "bind"}


def mounts_of(model: Model, service: str, seen: frozenset[str] = frozenset()) -> dict[str, Mount]:
    """Return all that a service mounts, by place; also what it takes over with ``volumes_from``."""
    one = model.services[service]
    mounts: dict[str, Mount] = {}
    for other in one.volumes_from:
        # It may end with :ro, which Compose keeps after the name.
        if other in model.services and other not in seen:
            mounts |= mounts_of(model, other, seen | {service})
    return mounts | {place(mount.target): mount for mount in one.mounts}


def place(path: str) -> str:
    """Return a path inside a container as Docker takes it."""
    return posixpath.normpath("/" + path.lstrip("/"))
