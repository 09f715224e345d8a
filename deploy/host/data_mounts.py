"""Data directories at which a model mounts other than the containers that run (incidents L3, L4)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gonogo.deploy.compose.model import Model
from gonogo.deploy.compose.mounts import mounts_of, place
from gonogo.deploy.compose.service import Mount
from gonogo.deploy.host.binds import Bind
from gonogo.deploy.host.container import Container

ANONYMOUS = re.compile(r"[0-9a-f]{64}")
NEVER = "0001-01-01T"
"""How the time begins at which a container started that never did."""


@dataclass(frozen=True)
class Move:
    """A data directory of a service at which the model mounts other than its container does.

    ``old`` and ``new`` are the names of volumes, or folders; ``new`` is empty where nothing is mounted there,
    and None where it is what has no name, such as an anonymous volume. ``kind``: of what is mounted anew.
    """

    service: str
    old: str
    new: str | None
    kind: str
    told: str


def moved(model: Model, running: Iterable[Container], binds: Mapping[str, Bind]) -> list[Move]:
    """Return each data directory at which the model mounts other than a container does.

    Data is what a container can write to outside itself: volumes, and folders of the host. An anonymous
    volume stays with its service as long as the model mounts nothing in its place: Compose takes it over.
    A container that never started, as a failed release leaves behind, has written nothing.
    """
    wrong = []
    for container in running:
        if container.service not in model.services or container.started.startswith(NEVER):
            continue
        new = mounts_of(model, container.service)
        for kind, source, path in container.mounts:
            if _is_data(kind, source, binds) and not _read_only(container, path, new.get(place(path))):
                wrong += _differs(model, container, (kind, source, place(path)), new.get(place(path)), binds)
    return list(dict.fromkeys(wrong))


def _is_data(kind: str, source: str, binds: Mapping[str, Bind]) -> bool:
    if kind != "bind":
        return kind == "volume"
    bind = binds.get(source)
    return bind is None or bind.kind not in ("file", "other")


def _read_only(container: Container, path: str, new: Mount | None) -> bool:
    """Return whether neither the container nor the model writes to a place."""
    return path in container.read_only and (
        new is None or new.read_only or new.type not in ("volume", "bind")
    )


def _differs(
    model: Model,
    container: Container,
    old: tuple[str, str, str],
    new: Mount | None,
    binds: Mapping[str, Bind],
) -> list[Move]:
    kind, source, path = old
    anonymous = kind == "volume" and ANONYMOUS.fullmatch(source) is not None
    if anonymous and (new is None or (new.type == "volume" and not new.source)):
        return []
    if new is not None and _same(model, kind, source, new, binds):
        return []
    had = f"{'an anonymous volume' if anonymous else f'the {_kind_name(kind)}'} {source}"
    has = f"at {path} its container {container.name} has {had}"
    told = f"{container.service}: {has}, the new model has {_described(model, new)}"
    name = model.volume_of(new) or (new.source if new.type == "bind" else "") if new else ""
    return [
        Move(container.service, source, None if new and not name else name, new.type if new else "", told)
    ]


def _same(model: Model, kind: str, source: str, new: Mount, binds: Mapping[str, Bind]) -> bool:
    if kind != new.type:
        return False
    if kind == "volume":
        return model.volume_of(new) == source
    return _real(source, binds) == _real(new.source, binds)


def _real(path: str, binds: Mapping[str, Bind]) -> str:
    bind = binds.get(path)
    return posixpath.normpath(bind.real if bind and bind.real else path)


def _kind_name(kind: str) -> str:
    """Return what a kind of mount is called in messages."""
    return {"bind": "folder", "volume": "volume"}.get(kind, kind)


def _described(model: Model, mount: Mount | None) -> str:
    """Return what a mount is, for a message."""
    if mount is None:
        return "nothing"
    if mount.type == "volume" and not mount.source:
        return "a new anonymous volume"
    name = model.volume_of(mount) or mount.source
    return f"the {_kind_name(mount.type)} {name}".rstrip()
