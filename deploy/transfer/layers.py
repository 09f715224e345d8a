"""The layers that a target has, and leaving them out of an image archive on its way there."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from gonogo.deploy.host import images
from gonogo.deploy.host.engine import SNAPSHOTTER
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.transfer.image_archive import INDEX, identities
from gonogo.deploy.transfer.tar_members import Member

ALL = (
    "docker info --format '{{json .DriverStatus}}'; docker image ls -aq --no-trunc | sort -u | "
    "xargs -r docker image inspect --format '{{.ID}} {{json .RootFS.Layers}}' 2>/dev/null"
)
BLOBS = "docker save -- {ids} | tar -xOf - manifest.json"
LARGEST_DESCRIPTION = 4 << 20
_DESCRIBED = re.compile(r"([0-9a-f]{64})/json")
_FOLDER = re.compile(r"([0-9a-f]{64})/layer\.tar")
_BLOB = re.compile(r"blobs/sha256/([0-9a-f]{64})")
_UNNAMED = "1970-01-01T00:00:00Z"
# Go's encoding/json writes these so, whatever it stands in.
_ESCAPES = {"&": "\\u0026", "<": "\\u003c", ">": "\\u003e", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def chains(layers: Sequence[str]) -> list[str]:
    """Return the chain id of each layer, the lowest first, by the digests of the layers alone.

    A chain id stands for a layer with all that lies below it (OCI image specification, "Layer ChainID"): the
    same layer upon another one is not the same to an engine, which keeps what differs.
    """
    return list(accumulate(layers, lambda below, own: f"sha256:{_sha256(f'{below} {own}')}"))


@dataclass(frozen=True)
class Kept:
    """What an engine has of layers: ``chains``, the chain ids of all of its images' layers.

    Where it keeps images in ``containerd``, a layer can be left out by the name under which its content is
    stored: its digest as it was received, ``blobs``, which is another one where it came compressed.
    """

    chains: frozenset[str] = frozenset()
    containerd: bool = False
    blobs: frozenset[str] = frozenset()

    def lacks(self, images: Iterable[Sequence[str]]) -> set[str]:
        """Return those layers of images, the lowest of each first, that have to be sent."""
        found: set[str] = set()
        for image in images:
            has = self.blobs if self.containerd else self.chains
            names = image if self.containerd else chains(image)
            found.update(own for own, name in zip(image, names, strict=True) if name not in has)
        return found


def there(connection: Connection, wanted: Collection[Sequence[str]]) -> Kept:
    """Return what the target has of the layers of ``wanted``, images, those of each with the lowest first.

    Of an engine with containerd's store it is what is likely: layers that came from a registry are
    compressed, and have other names there. It is asked for the names only where this machine's engine may
    compress them too.
    Raises GonogoError where the target cannot be reached.
    """
    status, *rows = connection.run(ALL, live=True).text.splitlines() or [""]
    pairs = [
        (id_, json.loads(told)) for id_, _, told in (row.partition(" ") for row in rows) if told[:1] == "["
    ]
    if SNAPSHOTTER not in (json.loads(status) or [] if status.startswith("[") else []):
        return Kept(frozenset(chain for _, one in pairs for chain in chains(one)))
    if not pairs or not images.local_containerd():
        return Kept(containerd=True, blobs=frozenset(layer for _, one in pairs for layer in one))
    nearest = {max(pairs, key=lambda pair: _common(pair[1], one))[0] for one in wanted}
    return Kept(containerd=True, blobs=stored(connection, nearest))


def stored(connection: Connection, ids: Collection[str]) -> frozenset[str]:
    """Return the names under which containerd stores the layers of images of the target, digests.

    The engine tells them in an archive alone, which is read there to its end and thrown away: six seconds for
    184 MB of an image.
    """
    if not ids:
        return frozenset()
    told = connection.run(BLOBS.format(ids=shlex.join(sorted(ids))), live=True).text
    return frozenset(f"sha256:{found}" for found in _BLOB.findall(told))


def in_part(connection: Connection, ids: Collection[str]) -> bool:
    """Return whether the target's engine, one with containerd's store, takes successors of images in part.

    ``ids``: those images of the target. True unless their layers are stored under other names than those by
    which this machine would leave them out, as after a pull, which brings them compressed.
    """
    if images.local_containerd():
        return True
    told = images.inspect(connection, (), ids).values()
    layers = {layer for image in told for layer in image.layers}
    return not layers or not layers.isdisjoint(stored(connection, [image.id for image in told]))


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many layers two images have in common, from the lowest."""
    return next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


class LeftOut:
    """A sieve for ``Archive``: it drops the layers that the target has, and nothing that it may need.

    It drops nothing until it was told what to ``leave``. Members that it does not know stay in the archive.
    ``bytes``: how many were left out so far; ``manifests``: the digests of those that the archive names.
    """

    def __init__(self) -> None:
        self._layers: dict[str, str] = {}
        self._digests: set[str] = set()
        self._blobs: frozenset[str] = frozenset()
        self._folders: dict[str, str] = {}
        self._dropped: set[str] = set()
        self.bytes = 0
        self.manifests: set[str] = set()

    def leave(self, images: Collection[Sequence[str]], there: Kept) -> None:
        """Leave out what the target has of ``images``: the layers of each that is sent, the lowest first."""
        self._layers = {
            chain: own for image in images for chain, own in zip(chains(image), image, strict=True)
        }
        # An archive holds the same layer once, though it lies upon different ones: it is needed if any is.
        self._digests = set(self._layers.values()) - there.lacks(images)
        self._blobs = there.blobs

    @property
    def layers(self) -> int:
        """How many different layers the images have."""
        return len(set(self._layers.values()))

    @property
    def dropped(self) -> int:
        """How many layers were left out so far."""
        return len(self._dropped)

    @property
    def settled(self) -> bool:
        """Whether all was met that is to be left out."""
        return self._digests <= self._dropped

    def reads(self, member: Member) -> bool:
        """Return whether a member describes a layer, as engines before 25 wrote archives."""
        return bool(_DESCRIBED.fullmatch(member.name)) and member.size <= LARGEST_DESCRIPTION

    def read(self, member: Member, content: bytes) -> None:
        """Find out which layer the folder of a description holds, or which manifests an index names."""
        if member.name == INDEX:
            self.manifests |= identities(INDEX, json.loads(content))
        elif self.reads(member):
            folder = member.name.partition("/")[0]
            chain = described(folder, content, self._layers)
            if chain:
                self._folders[folder] = self._layers[chain]

    def layer(self, member: Member) -> str:
        """Return the digest of the layer that a member is, as far as that is known; empty for all else."""
        if match := _FOLDER.fullmatch(member.name):
            return self._folders.get(match[1], "")
        match = _BLOB.fullmatch(member.name)
        return f"sha256:{match[1]}" if match else ""

    def head(self, member: Member) -> bytes:
        """Return the header as it came; empty for a layer that the target has."""
        digest = self.layer(member)
        if not digest or digest not in self._digests | self._blobs:
            return member.head
        self._dropped.add(digest)
        self.bytes += member.size
        return b""

    def tail(self) -> bytes:
        """Return nothing more."""
        return b""


def described(folder: str, description: bytes, candidates: Iterable[str]) -> str:
    """Return the chain id of the layer that a folder of an archive holds; empty when it is none of those.

    Before Docker 25 the name of a folder is the SHA-256 of the layer's description with its chain id in it
    (moby, image/v1/imagev1.go, CreateID), and the manifest, which would say it too, comes last.
    """
    try:
        found = dict(json.loads(description))
        found.pop("id", None)
        if "parent" in found:
            found["parent"] = f"sha256:{found['parent']}"
        if found.get("created") == _UNNAMED:
            found.pop("os", None)  # written down after the name was made, unless it is the image itself
    except (ValueError, TypeError):
        return ""
    return next(
        (candidate for candidate in candidates if _sha256(_go(found | {"layer_id": candidate})) == folder), ""
    )


def _go(value: dict[str, object]) -> str:
    """Return a map as Go writes it: its keys sorted, those inside as they came."""
    text = json.dumps(dict(sorted(value.items())), separators=(",", ":"), ensure_ascii=False)
    for character, written in _ESCAPES.items():
        text = text.replace(character, written)
    return text


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
