"""How much room a release needs on the target: for its images, a dump of its database, a restore of that."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from gonogo.deploy.host.container import Container
from gonogo.deploy.host.images import ImageInfo
from gonogo.deploy.model import Model

ARCHIVE = 2
"""``docker load`` keeps the archive under the engine's folder while it unpacks it there."""

MARGIN = 1.1
BYTES_A_FILE = 8_000
"""Fewer than the files of an image have on average: 12,000 in Debian's, 8,000 where node_modules prevail."""

SCRATCH = 300_000_000
"""What an empty mongod writes when it starts: three files of its journal, 100 MB each."""


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
    for one in (*there.values(), *here.values()):
        count = len(one.layers)
        begins = bool(count) and image.layers[:count] == one.layers
        if begins and any(other.layers[:count] == one.layers for other in there.values()):
            shared = max(shared, one.size)
    return max(0, image.size - shared)


def unpacked(images: Iterable[Arriving]) -> int:
    """Return the bytes that images take on the target, those aside that are not known yet."""
    return sum(one.size or 0 for one in images)


def inodes(size: int) -> int:
    """Return the inodes that images of this many bytes may take."""
    return size // BYTES_A_FILE


def mb(size: float) -> str:
    """Return bytes for a message, in MB or GB of 10^6 and 10^9 bytes."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
