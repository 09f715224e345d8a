"""Where the lab keeps its keys, its downloads and its logs: one folder that git ignores."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def folder() -> Path:
    """Return the state folder, made 0700: ``$GONOGO_LAB_STATE``, else ``.lab`` in the repository."""
    path = Path(os.environ.get("GONOGO_LAB_STATE") or ROOT / ".lab").resolve()
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def cache() -> Path:
    """Return the folder of downloads, shared by every state folder of this checkout."""
    path = ROOT / ".lab" / "cache"
    path.mkdir(parents=True, exist_ok=True)
    return path


def write(path: Path, content: str | bytes) -> Path:
    """Write a file that only its owner can read (0600), never readable in between."""
    data = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    return path
