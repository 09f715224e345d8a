"""An image archive of an engine before 25 as an OCI image layout, in which layers are known by digest."""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
from collections.abc import Collection, Sequence
from typing import Any

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.transfer.image_archive import INDEX, MANIFEST
from gonogo.deploy.transfer.layers import LARGEST_DESCRIPTION, Kept, LeftOut
from gonogo.deploy.transfer.tar_members import BLOCK, Member

TYPE = "application/vnd.oci.image."
_CONFIG = re.compile(r"([0-9a-f]{64})\.json")
_LAYER = re.compile(r"[0-9a-f]{64}/layer\.tar")
_OLD = re.compile(r"[0-9a-f]{64}/?(?:VERSION|json)?|repositories")


class Layout(LeftOut):
    """A sieve that also gives an old archive the names and manifests of an OCI image layout (version 1.0.0).

    It does so for an engine with containerd's store, which takes such an archive without the layers whose
    content it has, and of an old one wants every layer. An archive that is a layout already, and all that is
    for another engine, passes as it does through ``LeftOut``.
    ``unknown``: it ended at a layer of which it is not known which it is.
    """

    def __init__(self) -> None:
        super().__init__()
        self._turns = False
        self.unknown = False
        self._sizes: dict[str, int] = {}
        self._configs: dict[str, bytes] = {}

    def leave(self, images: Collection[Sequence[str]], there: Kept) -> None:
        """Leave out what the target has of ``images``: the layers of each that is sent, the lowest first."""
        super().leave(images, there)
        self._turns = there.containerd

    def reads(self, member: Member) -> bool:
        """Return whether a member describes a layer or is the configuration of an image."""
        config = self._turns and bool(_CONFIG.fullmatch(member.name))
        return (config and member.size <= LARGEST_DESCRIPTION) or super().reads(member)

    def read(self, member: Member, content: bytes) -> None:
        """Learn from a description; raises GonogoError for a configuration that was damaged."""
        if self._turns and (match := _CONFIG.fullmatch(member.name)):
            if hashlib.sha256(content).hexdigest() != match[1]:
                raise GonogoError(f"the image archive is damaged: {member.name} is not what it is named by")
            self._configs[match[1]] = content
        else:
            super().read(member, content)

    def head(self, member: Member) -> bytes:
        """Return the header of a blob; empty for what the layout has no place for, and as ``LeftOut`` does.

        Raises GonogoError for a layer of which nobody knows which it is.
        """
        if not self._turns:
            return super().head(member)
        if match := _CONFIG.fullmatch(member.name):
            return header(_blob(match[1]), member.size) if match[1] in self._configs else member.head
        if _LAYER.fullmatch(member.name):
            digest = self.layer(member)
            if not digest and member.size:
                self.unknown = True
                raise GonogoError(f"{member.name} of the archive is none of the images' layers")
            if not member.size:  # a link to the same layer under another name
                return b""
            self._sizes[digest] = member.size
            kept = super().head(member)
            return header(_blob(digest), member.size) if kept else b""
        old = _OLD.fullmatch(member.name) or (member.name == MANIFEST and self._configs)
        return b"" if old else super().head(member)

    def tail(self) -> bytes:
        """Return manifests, index and the layout's mark; raises GonogoError where a layer did not come."""
        if not self._configs:
            return b""
        rows, found = [], b""
        for digest, config in sorted(self._configs.items()):
            content = _json(self._manifest(digest, config))
            row = _descriptor("manifest.v1+json", hashlib.sha256(content).hexdigest(), len(content))
            rows.append(row)
            self.manifests.add(str(row["digest"]))
            found += file(_blob(str(row["digest"])), content)
        index = {"schemaVersion": 2, "mediaType": f"{TYPE}index.v1+json", "manifests": rows}
        return found + file(INDEX, _json(index)) + file("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')

    def _manifest(self, digest: str, config: bytes) -> dict[str, Any]:
        layers = json.loads(config)["rootfs"]["diff_ids"]
        if missing := sorted(set(layers) - self._sizes.keys()):
            raise GonogoError(f"the image archive is damaged: it does not hold {', '.join(missing)}")
        return {
            "schemaVersion": 2,
            "mediaType": f"{TYPE}manifest.v1+json",
            "config": _descriptor("config.v1+json", digest, len(config)),
            "layers": [_descriptor("layer.v1.tar", layer, self._sizes[layer]) for layer in layers],
        }


def header(name: str, size: int) -> bytes:
    """Return the header of a file in a tar archive; ``size`` in bytes."""
    member = tarfile.TarInfo(name)
    member.size = size
    return member.tobuf(tarfile.USTAR_FORMAT)


def file(name: str, content: bytes) -> bytes:
    """Return a file as a member of a tar archive."""
    return header(name, len(content)) + content + bytes(-len(content) % BLOCK)


def _blob(digest: str) -> str:
    return f"blobs/sha256/{digest.removeprefix('sha256:')}"


def _descriptor(kind: str, digest: str, size: int) -> dict[str, object]:
    full = f"sha256:{digest.removeprefix('sha256:')}"
    return {"mediaType": TYPE + kind, "digest": full, "size": size}


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
