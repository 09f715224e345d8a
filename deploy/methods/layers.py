"""The layers that a target has, and leaving them out of an image archive on its way there."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from itertools import accumulate

from gonogo.deploy.connection import Connection
from gonogo.deploy.members import Member

ALL = (
    "docker info --format '{{json .DriverStatus}}' | grep -q io.containerd.snapshotter && exit; "
    "docker image ls -aq --no-trunc | sort -u | "
    "xargs -r docker image inspect --format '{{json .RootFS.Layers}}' 2>/dev/null"
)
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


def there(connection: Connection) -> set[str]:
    """Return the chain ids of all layers of the target's images; empty where the engine does not tell.

    That is so where it keeps images in containerd, which takes no archive without all of their layers.
    """
    found: set[str] = set()
    for line in connection.run(ALL, live=True).text.splitlines():
        if line.startswith("["):
            found.update(chains(json.loads(line)))
    return found


class LeftOut:
    """A sieve for ``Archive``: it drops the layers that the target has, and nothing that it may need.

    It drops nothing until it was told what to ``leave``. Members that it does not know, as those of an engine
    that keeps layers compressed, stay in the archive. ``bytes``: how many were left out so far.
    """

    def __init__(self) -> None:
        self._layers: dict[str, str] = {}
        self._digests: set[str] = set()
        self._folders: dict[str, str] = {}
        self._dropped: set[str] = set()
        self.bytes = 0

    def leave(self, images: Iterable[Sequence[str]], there: set[str]) -> None:
        """Leave out what the target has of ``images``: the layers of each that is sent, the lowest first.

        ``there``: the chain ids of the target's layers.
        """
        self._layers = {chain: own for one in images for chain, own in zip(chains(one), one, strict=True)}
        lacking = {own for chain, own in self._layers.items() if chain not in there}
        # An archive holds the same layer once, though it lies upon different ones: it is needed if any is.
        self._digests = {own for own in self._layers.values() if own not in lacking}

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
        """Find out which layer the folder of a description holds."""
        folder = member.name.partition("/")[0]
        chain = described(folder, content, self._layers)
        if chain:
            self._folders[folder] = self._layers[chain]

    def drops(self, member: Member) -> bool:
        """Return whether a member is a layer that the target has."""
        if found := _FOLDER.fullmatch(member.name):
            digest = self._folders.get(found[1], "")
        elif found := _BLOB.fullmatch(member.name):
            digest = f"sha256:{found[1]}"
        else:
            return False
        if digest not in self._digests:
            return False
        self._dropped.add(digest)
        self.bytes += member.size
        return True


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
    return next((one for one in candidates if _sha256(_go(found | {"layer_id": one})) == folder), "")


def _go(value: dict[str, object]) -> str:
    """Return a map as Go writes it: its keys sorted, those inside as they came."""
    text = json.dumps(dict(sorted(value.items())), separators=(",", ":"), ensure_ascii=False)
    for character, written in _ESCAPES.items():
        text = text.replace(character, written)
    return text


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
