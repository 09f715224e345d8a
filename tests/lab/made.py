"""Images that a test builds on this machine: a base, and a layer for each text."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

BASE = "gonogo-lab/redis:latest"
CHANGED = 1_000_000
"""Bytes that no compression makes smaller, in the layer that a release changes."""


def docker(*arguments: str, stdin: bytes = b"") -> str:
    done = subprocess.run(["docker", *arguments], input=stdin, capture_output=True, check=True)
    return done.stdout.decode().strip()


def built(folder: Path, *layers: str) -> str:
    """Build an image of the base and one layer for each text, and return its id."""
    folder.mkdir(exist_ok=True)
    steps = [f"FROM {BASE}"]
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


class Made:
    """The images that a test built: they are removed from this machine's engine after it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.ids = folder, []

    def __call__(self, *layers: str) -> str:
        self.ids.append(built(self.folder / str(len(self.ids)), *layers))
        return self.ids[-1]
