"""Whether the target has room for this very release: bytes and inodes, on each filesystem involved."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import pytest

from gonogo.checks.plugin.declared import TEMPORARY
from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.compose.model import Model
from gonogo.deploy.host.container import Container
from gonogo.deploy.host.filesystem import Room, mb
from gonogo.deploy.host.images import ImageInfo
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.release import Release
from gonogo.deploy.target.target import Target

INODES = 10_000
"""An image's layers are made of files: a filesystem can run out of inodes long before bytes."""

ARCHIVE = 2
"""``docker load`` keeps the archive under the engine's folder while it unpacks it there."""

MARGIN = 1.1
BYTES_A_FILE = 8_000
"""Fewer than the files of an image have on average: 12,000 in Debian's, 8,000 where node_modules prevail."""

SCRATCH = 300_000_000
"""What an empty mongod writes when it starts: three files of its journal, 100 MB each."""


def fits(room: Room, size: float, files: int = INODES) -> bool:
    """Return whether so many bytes and so many files find room."""
    return room.free >= size and (room.inodes is None or room.inodes >= files)


def under_docker(host: Host, release: Release) -> Room:
    """Return the filesystem of Docker's data. Whether the stack's folder is there comes first."""
    _ = release.folder.path
    return host.filesystem(host.engine.root).room


def free(room: Room) -> str:
    """Return a filesystem and what is free there, for a message."""
    return f"{room.mounted}: {room.free_gb:.1f} GB" + (
        f", {room.inodes} inodes" if room.inodes is not None else ""
    )


@pytest.mark.check(
    "disk.free",
    reason="A full disk stops a release halfway, and a database that cannot write stops with it.",
    fix="Free room on that filesystem, or lower thresholds.disk_free_gb in the target file if less will do.",
)
def test_disk_free(host: Host, target: Target, release: Release, expect: Expect) -> None:
    """The filesystems of the stack's folder and of /tmp have room, in bytes and inodes."""
    least = target.thresholds.disk_free_gb
    docker = under_docker(host, release).mounted
    rooms = [host.filesystem(path).room for path in (release.folder.path, TEMPORARY)]
    found = {room.mounted: room for room in rooms}
    found.pop(docker, None)
    if not found:
        pytest.skip(f"all lie on {docker}, as Docker's data does: disk.docker_root judges it")
    expect(
        all(fits(room, least * 1e9) for room in found.values()),
        found="; ".join(map(free, found.values())) + " free",
        expected=f"at least {least:g} GB and {INODES} inodes on each",
    )


@pytest.mark.check(
    "disk.docker_root",
    reason="On a full disk under the engine no container starts and no database can write.",
    fix="Free room there, such as with `docker image prune`, or lower thresholds.disk_free_gb.",
)
def test_disk_docker_root(host: Host, target: Target, release: Release, expect: Expect) -> None:
    """The filesystem of Docker's data has room, in bytes and inodes."""
    least, room = target.thresholds.disk_free_gb, under_docker(host, release)
    expect(
        fits(room, least * 1e9),
        found=f"{free(room)} free for {host.engine.root}",
        expected=f"at least {least:g} GB and {INODES} inodes",
    )


@dataclass(frozen=True)
class Arriving:
    """An image that the target lacks: its bytes there, unpacked; None where nobody knows them yet.

    ``estimated``: it is still to be built, and the size is that of the image in whose place it comes.
    """

    name: str
    size: int | None
    estimated: bool = False


def arriving(
    model: Model,
    running: Iterable[Container],
    there: Mapping[str, ImageInfo],
    here: Mapping[str, ImageInfo],
    building: Collection[str],
) -> list[Arriving]:
    """Return the images that a release brings to the target, by name.

    ``there``, ``here``: the target's images and this machine's; ``building``: the services to be built.
    """
    runs = {one.service: there[one.image] for one in running if one.image in there}
    found: dict[str, Arriving] = {}
    for name, service in model.services.items():
        local = here.get(service.image)
        if name in building:
            like = runs.get(name) or local
            found[service.image] = Arriving(service.image, like.size if like else None, estimated=True)
        elif local is not None and (service.build is not None or service.image not in there):
            if local.id not in there:
                found[service.image] = Arriving(service.image, lacking(local, there, here))
        elif service.image not in there:
            found[service.image] = Arriving(service.image, None)
    return [found[name] for name in sorted(found)]


def lacking(image: ImageInfo, there: Mapping[str, ImageInfo], here: Mapping[str, ImageInfo]) -> int:
    """Return the bytes of those layers of an image that the target lacks.

    No engine tells the size of a layer; that of an image which consists of the lowest of them is known.
    """
    shared = 0
    for known in (*there.values(), *here.values()):
        count = len(known.layers)
        begins = bool(count) and image.layers[:count] == known.layers
        if begins and any(other.layers[:count] == known.layers for other in there.values()):
            shared = max(shared, known.size)
    return max(0, image.size - shared)


def unpacked(images: Iterable[Arriving]) -> int:
    """Return the bytes that images take on the target, those aside that are not known yet."""
    return sum(image.size or 0 for image in images)


def inodes(size: int) -> int:
    """Return the inodes that images of this many bytes may take."""
    return size // BYTES_A_FILE


def _coming(release: Release) -> list[Arriving]:
    model = release.model
    running = release.host.project(release.target.project).containers
    building = [] if release.skip_build else model.built()
    return arriving(model, running, release.host.images(release).found, release.builds.images, building)


def _told(image: Arriving) -> str:
    if image.size is None:
        return f"{image.name} of a size that nobody knows yet"
    return f"{image.name} {'about ' if image.estimated else ''}{mb(image.size)}"


@pytest.mark.check(
    "disk.images",
    reason="A load that runs out of room leaves the release half there, and the disk full.",
    fix="Free room there: `docker image ls` shows what is kept, `docker image prune` removes what is unused.",
)
def test_disk_images(host: Host, release: Release, expect: Expect) -> None:
    """The images that this release brings fit under Docker's data, unpacked and as the archive meanwhile."""
    images, room = _coming(release), under_docker(host, release)
    size = unpacked(images)
    files = inodes(size)
    told = ", ".join(map(_told, images)) or "no image"
    expect(
        fits(room, size * ARCHIVE * MARGIN, files),
        found=f"{free(room)} free",
        expected=f"{mb(size * ARCHIVE * MARGIN)} and {files} inodes, for {told} (unpacked, the archive "
        "meanwhile, and a tenth more)",
    )


@pytest.mark.check(
    "disk.backup",
    reason="L7: a dump that runs out of room is no backup, and it is made before anything changes.",
    fix="Free room on that filesystem, or name a backup.folder on another one.",
)
def test_disk_backup(host: Host, target: Target, release: Release, expect: Expect) -> None:
    """A dump of the database fits into the backup folder, and a trial restore of it under Docker's data."""
    if target.mongodb is None or not (target.backup or target.keeps_data):
        pytest.skip("the target file names no MongoDB")
    state = host.mongodb(release).state
    if state is None or state.data is None:
        pytest.skip(
            "no database runs yet" if state is None else "the login may not ask for the size of the data"
        )
    scratch = SCRATCH + (state.storage or 0) + (state.indexes or 0)
    docker, folder = under_docker(host, release), host.filesystem(str(target.backup_path)).room
    parts = [
        (folder, state.data, f"a dump in {target.backup_path}"),
        (docker, scratch, "a trial restore"),
        (docker, unpacked(_coming(release)), "the images"),
    ]
    found, needed, fine = [], [], True
    for room in {one.mounted: one for one in (folder, docker)}.values():
        own = [(size, what) for at, size, what in parts if at.mounted == room.mounted and size]
        total = sum(size for size, _ in own) * MARGIN
        fine = fine and fits(room, total, 0)
        found.append(free(room))
        needed.append(
            f"{room.mounted}: {mb(total)} ({', '.join(f'{what} {mb(size)}' for size, what in own)})"
        )
    expect(fine, found="; ".join(found) + " free", expected="; ".join(needed))
