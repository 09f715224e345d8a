"""What a stack mounts and where its data lies: the model that would be deployed against what runs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping

from gonogo.deploy.compose.model import Model, Mount
from gonogo.deploy.host.binds import Bind, Kind
from gonogo.deploy.host.container import Container
from gonogo.deploy.host.volumes import Volume

ANONYMOUS = re.compile(r"[0-9a-f]{64}")
FILE = re.compile(
    r"(?i).+\.(conf|cfg|cnf|ini|ya?ml|json|toml|env|sh|sql|js|py|lua|pem|crt|cer|key|xml|txt|properties|html?)"
)
"""Names that a file has and hardly ever a folder."""
NEVER = "0001-01-01T"
"""How the time begins at which a container started that never did."""


def binds_of(model: Model) -> set[str]:
    """Return the paths of the host that the model's services mount."""
    return {m.source for one in model.services.values() for m in one.mounts if m.type == "bind"}


def mounts_of(model: Model, service: str, seen: frozenset[str] = frozenset()) -> dict[str, Mount]:
    """Return all that a service mounts, by place; also what it takes over with ``volumes_from``."""
    one = model.services[service]
    found: dict[str, Mount] = {}
    for other in one.volumes_from:
        # It may end with :ro, which Compose keeps after the name.
        if other in model.services and other not in seen:
            found |= mounts_of(model, other, seen | {service})
    return found | {place(mount.target): mount for mount in one.mounts}


def place(path: str) -> str:
    """Return a path inside a container as Docker takes it."""
    return posixpath.normpath("/" + path.lstrip("/"))


def moved(model: Model, running: Iterable[Container], binds: Mapping[str, Bind]) -> list[str]:
    """Return a sentence for each data directory at which the model mounts other than a container does.

    Data is what a container can write to outside itself: volumes, and folders of the host. An anonymous
    volume stays with its service as long as the model mounts nothing in its place: Compose takes it over.
    A container that never started, as a failed release leaves behind, has written nothing.
    """
    wrong = []
    for one in running:
        if one.service not in model.services or one.started.startswith(NEVER):
            continue
        new = mounts_of(model, one.service)
        for kind, source, path in one.mounts:
            if _is_data(kind, source, binds) and not _read_only(one, path, new.get(place(path))):
                wrong += _differs(model, one, (kind, source, place(path)), new.get(place(path)), binds)
    return list(dict.fromkeys(wrong))


def _is_data(kind: str, source: str, binds: Mapping[str, Bind]) -> bool:
    if kind != "bind":
        return kind == "volume"
    found = binds.get(source)
    return found is None or found.kind not in ("file", "other")


def _read_only(one: Container, path: str, new: Mount | None) -> bool:
    """Return whether neither the container nor the model writes to a place."""
    return path in one.read_only and (new is None or new.read_only or new.type not in ("volume", "bind"))


def _differs(
    model: Model, one: Container, old: tuple[str, str, str], new: Mount | None, binds: Mapping[str, Bind]
) -> list[str]:
    kind, source, path = old
    anonymous = kind == "volume" and ANONYMOUS.fullmatch(source) is not None
    if anonymous and (new is None or (new.type == "volume" and not new.source)):
        return []
    if new is not None and _same(model, kind, source, new, binds):
        return []
    had = f"{'an anonymous volume' if anonymous else f'the {named(kind)}'} {source}"
    return [
        f"{one.service}: at {path} its container {one.name} has {had}, the new model has {told(model, new)}"
    ]


def _same(model: Model, kind: str, source: str, new: Mount, binds: Mapping[str, Bind]) -> bool:
    if kind != new.type:
        return False
    if kind == "volume":
        return model.volume_of(new) == source
    return _real(source, binds) == _real(new.source, binds)


def _real(path: str, binds: Mapping[str, Bind]) -> str:
    found = binds.get(path)
    return posixpath.normpath(found.real if found and found.real else path)


def named(kind: str) -> str:
    """Return what a kind of mount is called in messages."""
    return {"bind": "folder", "volume": "volume"}.get(kind, kind)


def told(model: Model, mount: Mount | None) -> str:
    """Return what a mount is, for a message."""
    if mount is None:
        return "nothing"
    if mount.type == "volume" and not mount.source:
        return "a new anonymous volume"
    name = model.volume_of(mount) or mount.source
    return f"the {named(mount.type)} {name}".rstrip()


def absent(
    model: Model, running: Iterable[Container], binds: Mapping[str, Bind], here: Mapping[str, Kind]
) -> tuple[list[str], list[str]]:
    """Return a sentence for each bind mount whose source is missing or of the wrong kind, and those unseen.

    Where the source of a bind mount is missing, Docker makes a folder of root's in its place, which is empty,
    and a folder also where a file is meant (docker-run(1), --volume). ``here``: what this machine has there.
    """
    used = {source: one.name for one in running for kind, source, _ in one.mounts if kind == "bind"}
    wrong, unseen = [], []
    for name, service in model.services.items():
        for mount in service.mounts:
            if mount.type != "bind":
                continue
            there, user = binds[mount.source], used.get(mount.source, "")
            why = _absence(mount, there.kind, here.get(mount.source), user)
            wrong += [f"{mount.source} ({name}): {why}"] if why else []
            unseen += [f"{mount.source} ({name})"] if there.kind == "unseen" and not user else []
    return list(dict.fromkeys(wrong)), list(dict.fromkeys(unseen))


def _absence(mount: Mount, there: Kind, here: Kind | None, user: str) -> str:
    """Return what is wrong with the source of a bind mount; ``user``: the container that mounts it now."""
    is_file = bool(FILE.fullmatch(posixpath.basename(mount.target)) and FILE.fullmatch(mount.source))
    gone = there == "missing"
    cases = {
        f"nothing is there, although {user} mounts it": gone and user,
        "there is no such file, and Docker would make a folder in its place": gone
        and (here == "file" or (is_file and here != "folder")),
        "nothing is there, and Docker would refuse to start the service": gone and not mount.create_host_path,
        "there is no such folder, and Docker would mount an empty one": gone
        and (here == "folder" or mount.read_only),
        "there is a folder where a file is expected: Docker made it when the file was missing": there
        == "folder"
        and (here == "file" or (is_file and here != "folder" and not user)),
        "there is a file where a folder is expected": there == "file" and here == "folder",
    }
    return next((why for why, holds in cases.items() if holds), "")


def user_of(text: str) -> tuple[int, int | None] | None:
    """Return the numbers of ``user`` or ``user:group``, 0 for an empty text; None where they are names."""
    user, _, group = text.partition(":")
    if user in ("", "root"):
        return 0, 0
    if not user.isdigit():
        return None
    return int(user), int(group) if group.isdigit() else None


def read_only(model: Model, volumes: Iterable[Volume], binds: Mapping[str, Bind]) -> list[str]:
    """Return a sentence for each directory that a service writes to and that cannot be written to at all."""
    known = {one.name: one for one in volumes}
    wrong = []
    for name, mount in _written(model):
        volume = known.get(model.volume_of(mount))
        if volume is not None and volume.read_only:
            wrong.append(f"{name}: the volume {volume.name} was made with the option ro")
        path = volume.device if volume else mount.source if mount.type == "bind" else ""
        there = binds.get(path)
        if there is not None and there.read_only and there.kind in ("folder", "missing"):
            wrong.append(f"{name}: {path} lies on a filesystem that is mounted read-only")
    return list(dict.fromkeys(wrong))


def unwritable(
    model: Model, binds: Mapping[str, Bind], users: Mapping[str, str]
) -> list[tuple[str, str, str]]:
    """Return service, folder and why, for each folder that the user of its service may not write to.

    ``users``: by service, as in the compose file or the image. A file that is mounted is configuration.
    """
    wrong = []
    for name, mount in _written(model):
        numbers = user_of(users.get(name, ""))
        if mount.type != "bind" or numbers is None:
            continue
        there, (user, _) = binds[mount.source], numbers
        if there.kind == "missing" and mount.create_host_path and user != 0:
            wrong.append(
                (name, mount.source, f"Docker would make it, root's, and {name} runs as user {user}")
            )
        elif there.kind == "folder" and not there.writable(*numbers):
            owner = f"{there.owner}:{there.group}, mode {there.mode:04o}"
            wrong.append((name, mount.source, f"it belongs to {owner}, and {name} runs as user {user}"))
    return wrong


def _written(model: Model) -> Iterator[tuple[str, Mount]]:
    for name, service in model.services.items():
        yield from ((name, mount) for mount in service.mounts if not mount.read_only)
