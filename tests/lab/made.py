"""Images that a test builds on this machine: a base, and a layer for each text."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import subprocess
import tarfile
from pathlib import Path

from gonogo.deploy.transfer.oci_layout import TYPE, file

BASE = "gonogo-lab/redis:latest"
CHANGED = 1_000_000
"""Bytes that no compression makes smaller, in the layer that a release changes."""


def docker(*arguments: str, stdin: bytes = b"") -> str:
    done = subprocess.run(["docker", *arguments], input=stdin, capture_output=True, check=True)
    return done.stdout.decode().strip()


def built(folder: Path, *layers: str, base: str = BASE) -> str:
    """Build an image of the base and one layer for each text, and return its id."""
    folder.mkdir(exist_ok=True)
    steps = [f"FROM {base}"]
    for number, text in enumerate(layers):
        content = text.encode() + (os.urandom(CHANGED) if text.startswith("random") else b"")
        (folder / f"file{number}").write_bytes(content)
        steps.append(f"COPY file{number} /file{number}")
    (folder / "Dockerfile").write_text("\n".join(steps))
    done = subprocess.run(
        ["docker", "build", "-q", "--no-cache", str(folder)],
        env={**os.environ, "DOCKER_BUILDKIT": "0"},
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().strip().splitlines()[-1]


def compressed(id_: str) -> bytes:
    """Return an image of this machine as an OCI layout whose layers are gzip, as those of registries are."""
    out = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(_saved(id_))) as saved, tarfile.open(fileobj=out, mode="w") as tar:
        told = json.loads(_content(saved, "manifest.json"))[0]

        def blob(content: bytes, kind: str) -> dict[str, object]:
            digest = hashlib.sha256(content).hexdigest()
            member = tarfile.TarInfo(f"blobs/sha256/{digest}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
            return {"mediaType": TYPE + kind, "digest": f"sha256:{digest}", "size": len(content)}

        manifest = {
            "schemaVersion": 2,
            "mediaType": f"{TYPE}manifest.v1+json",
            "config": blob(_content(saved, told["Config"]), "config.v1+json"),
            "layers": [
                blob(gzip.compress(_content(saved, name)), "layer.v1.tar+gzip") for name in told["Layers"]
            ],
        }
        named = blob(json.dumps(manifest).encode(), "manifest.v1+json")
    end = file("index.json", json.dumps({"schemaVersion": 2, "manifests": [named]}).encode())
    whole = out.getvalue().rstrip(b"\0")
    whole += bytes(-len(whole) % 512)
    return whole + end + file("oci-layout", b'{"imageLayoutVersion":"1.0.0"}') + bytes(1024)


def _saved(id_: str) -> bytes:
    return subprocess.run(["docker", "save", id_], capture_output=True, check=True).stdout


def _content(archive: tarfile.TarFile, name: str) -> bytes:
    found = archive.extractfile(name)
    assert found
    return found.read()


class Made:
    """The images that a test built: they are removed from this machine's engine after it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.ids = folder, []

    def __call__(self, *layers: str, base: str = BASE) -> str:
        self.ids.append(built(self.folder / str(len(self.ids)), *layers, base=base))
        return self.ids[-1]
