"""Whether the release would find its data where it lies now, and could write there."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.compose.model import Model
from gonogo.deploy.compose.service import Mount
from gonogo.deploy.host.binds import Bind, within
from gonogo.deploy.host.container import Container
from gonogo.deploy.host.data_mounts import Move, moved
from gonogo.deploy.host.volumes import Volume
from gonogo.deploy.release import data_moves
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.release import Release
from gonogo.deploy.target.sections.data import Moved
from gonogo.deploy.target.target import Target


@pytest.mark.check(
    "volumes.same_data",
    reason="L3, L4: MongoDB started healthy, on another volume than before, which was new and empty.",
    fix="Mount there what the container has; data that is meant to move is said in [[data.moved]].",
    data=True,
)
def test_volumes_same_data(host: Host, target: Target, release: Release, expect: Expect) -> None:
    """At each data directory of each service the new model mounts what the service's container has there."""
    model = release.model
    running = host.project(target.project).containers
    moves = moved(model, running, release.binds.mounted.binds)
    wrong, expected = data_moves.refused(moves, target), "the same volumes and folders as now"
    found = f"{len(running)} containers keep their data" if running else "nothing of this stack is there yet"
    expect(not wrong, wrong, found=found, expected=expected, fix=data_moves.keys(moves, target))
    for move in moves:
        if key := data_moves.meant(move, target):
            _expect_data(expect, move, key, data_moves.vacant(host, move))
    stray = data_moves.idle(moves, target, running)
    expect(
        not stray,
        stray,
        expected=f"[[data.moved]] of what this release moves, in {target.file}",
        fix="Correct or remove it in the target file.",
        severity="warning",
    )


def _expect_data(expect: Expect, move: Move, key: Moved, vacant: bool | None) -> None:
    """Expect what a key of the target file says of a move: data at its new place, or none."""
    said = f"{move.service}: {move.new}, to which its data is moved,"
    expect(
        key.empty or not vacant,
        f"{said} holds nothing",
        found=f"{move.told}, as the target file says",
        expected="data at the new place, or empty = true in the target file",
        fix=f"Stop the service and copy the data of {move.old} there, or say empty = true to begin anew.",
    )
    expect(
        not key.empty or vacant is not False,
        f"{said} holds data already, and the target file says empty = true",
        expected="an empty place",
        fix="Remove empty = true where that data is meant, else empty the place.",
        severity="warning",
    )
    expect(
        key.empty or vacant is not None or not move.new,
        f"{said} cannot be looked into by the login",
        expected="data at the new place",
        fix="See for yourself that the data was copied there.",
        severity="warning",
    )


def related(one: Container, target: Target) -> bool:
    """Return whether a container may be of this stack under another name, as copilotos-prod is copilotos."""
    first = re.split("[-_]", one.project)[0]
    same = not one.project or first == re.split("[-_]", target.project)[0]
    return same or within(one.folder or "/", str(target.path))


def candidates(
    name: str, key: str, volumes: Iterable[Volume], containers: Collection[Container], target: Target
) -> list[str]:
    """Return the volumes that may hold what the volume ``name``, ``key`` in the compose file, should hold.

    They have the same key under another project, or, where Compose did not make them, a name that ends with
    it. A volume that only containers of quite another stack mount is that stack's own.
    """

    def plain(text: str) -> str:
        return re.sub("[-.]", "_", text).lower()

    found = []
    for one in volumes:
        own = plain(one.key) == plain(key) if one.key else plain(one.name).endswith(plain(f"_{key}"))
        users = [c for c in containers if ("volume", one.name) in [mount[:2] for mount in c.mounts]]
        if (own or plain(one.name) == plain(name)) and (not users or any(related(c, target) for c in users)):
            found.append(one.name)
    return found


def lost(host: Host, target: Target, model: Model, released: Collection[str]) -> list[tuple[str, str]]:
    """Return what is missing and what to do, for each volume that should exist and does not.

    A new volume of a service that has a container is no loss; volumes.same_data judges what it had before.
    """
    there = {one.name for one in host.volumes.all}
    keys = {name: key for key, name in model.volumes.items()}
    services = {one.service for one in host.project(target.project).containers}
    wrong = []
    for name in sorted(set(keys) - there):
        users = model.mounting(name)
        who = ", ".join(users)
        make = f"docker volume create {name}"
        if not users:
            continue
        if name in model.external_volumes:
            said = f"the external volume {name} ({who}) does not exist"
            wrong.append((said, f"Correct its name in the compose file, or make it: `{make}`."))
        elif not set(users) & services:
            like = candidates(name, keys[name], host.volumes.all, host.containers.all, target)
            if like:
                said = f"{name} ({who}) does not exist, and its data may be in {', '.join(like)}"
            elif set(users) & set(released):
                said = f"{name} ({who}) does not exist, although {who} was released here before"
            else:
                continue
            todo = (
                "Correct project in the target file or the volume's name; to start empty on purpose, make it"
            )
            wrong.append((said, f"{todo}: `{make}`."))
    return wrong


@pytest.mark.check(
    "volumes.exist",
    reason="L2, L3: a volume that was removed, or means another under a new name, is made anew and empty.",
    fix="Correct project in the target file or the volume's name, or restore the backup.",
    data=True,
)
def test_volumes_exist(host: Host, target: Target, release: Release, expect: Expect) -> None:
    """Every volume exists that the stack should find with data in it; a first deployment makes its own."""
    model = release.model
    record = host.releases(str(target.deploy_path)).recorded.release
    wrong = lost(host, target, model, record.images if record else ())
    there = sum(one.name in model.volumes.values() for one in host.volumes.all)
    good = f"{there} of the stack's {len(model.volumes)} volumes, the others are new"
    expect(
        not wrong,
        [said for said, _ in wrong],
        found=good,
        expected="the volumes that hold the stack's data",
        fix=" ".join(dict.fromkeys(todo for _, todo in wrong)),
    )


REMAPPED = re.compile(r"/\d+\.\d+$")
"""How the engine's folder ends where it maps users to others (dockerd(8), --userns-remap)."""


def numeric_user(text: str) -> tuple[int, int | None] | None:
    """Return the numbers of ``user`` or ``user:group``, 0 for an empty text; None where they are names."""
    user, _, group = text.partition(":")
    if user in ("", "root"):
        return 0, 0
    if not user.isdecimal():
        return None
    return int(user), int(group) if group.isdecimal() else None


def read_only(model: Model, volumes: Iterable[Volume], binds: Mapping[str, Bind]) -> list[str]:
    """Return a sentence for each directory that a service writes to and that cannot be written to at all."""
    known = {one.name: one for one in volumes}
    wrong = []
    for name, mount in _writable_mounts(model):
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
    for name, mount in _writable_mounts(model):
        numbers = numeric_user(users.get(name, ""))
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


def _writable_mounts(model: Model) -> Iterator[tuple[str, Mount]]:
    for name, service in model.services.items():
        yield from ((name, mount) for mount in service.mounts if not mount.read_only)


@pytest.mark.check(
    "volumes.writable",
    reason="A service that cannot write to its data starts, and fails at the first request that matters.",
    fix="Mount the filesystem for writing, or give the folder to the user that the service runs as.",
)
def test_volumes_writable(host: Host, target: Target, release: Release, expect: Expect) -> None:
    """What services write to is not read-only, and their users may write to the folders that they mount."""
    wrong = read_only(release.model, host.volumes.all, release.binds.mounted.binds)
    expect(not wrong, wrong, expected="volumes and folders that can be written to")
    mapped = host.engine.rootless or bool(REMAPPED.search(host.engine.root))
    images = {**release.builds.images, **host.images(release).found}
    users = {
        name: one.user or (images[one.image].user if one.image in images else "")
        for name, one in release.model.services.items()
    }
    closed = [] if mapped else unwritable(release.model, release.binds.mounted.binds, users)
    running = host.project(target.project).containers
    well = {(c.service, mount[1]) for c in running if c.well for mount in c.mounts}
    expect(
        not closed,
        [f"{path}: {why}" for _, path, why in closed],
        found="nothing is read-only",
        expected="volumes and folders that can be written to",
        # What runs so already may never write there.
        severity=None if {(name, path) for name, path, _ in closed} - well else "warning",
    )
