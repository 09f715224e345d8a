"""The compose files that Compose takes where it is given none."""

from __future__ import annotations

from pathlib import Path

from gonogo.deploy.errors import UsageError

NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
OVERRIDES = tuple(
    f"{stem}.override.{end}" for stem in ("compose", "docker-compose") for end in ("yml", "yaml")
)
"""What Compose looks for in a folder, the first that exists being taken (its source, as of version 5)."""


def default_files(folder: Path) -> list[Path]:
    """Return the compose files that Compose takes in a folder: one, and its override where there is one.

    Raises UsageError when there is none. Unlike Compose, it does not look in the folders above.
    """
    paths = [file for file in (folder / name for name in NAMES) if file.is_file()][:1]
    if not paths:
        raise UsageError(
            f"{folder} holds none of {', '.join(NAMES)}: go to the folder that does, or name a file"
        )
    return paths + [file for file in (folder / name for name in OVERRIDES) if file.is_file()][:1]
