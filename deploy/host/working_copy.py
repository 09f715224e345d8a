"""The folder of the compose files on this machine: what git tracks of it, and what Compose would add."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gonogo.deploy.compose.default_files import OVERRIDES
from gonogo.deploy.compose.env_file import pieces
from gonogo.deploy.host import local_git
from gonogo.deploy.redaction.weak_secrets import is_placeholder
from gonogo.deploy.target.target import Target

ENV_FILE = re.compile(r"(^|/)(\.env(\.[\w.-]+)?|[\w.-]+\.env)$")
EXAMPLE = re.compile(r"(?i)example|sample|template|dist|default")


@dataclass(frozen=True)
class WorkingCopy:
    """What git tracks of the compose files and of the files that Compose would add to them by itself.

    ``repository``: whether there is a git at all. ``overrides``: files that Compose would add and that are
    not deployed, relative to ``source``. ``secrets``: env files, examples aside, that git tracks although
    they hold secrets. ``untracked``: env files of an ``include`` that it does not track.
    """

    repository: bool
    tracked: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    untracked: tuple[str, ...] = ()


def read(target: Target, env_files: Iterable[Path] = ()) -> WorkingCopy:
    """Return what git tracks of the target's source, and what Compose would add to its compose files.

    ``env_files``: those whose values are part of them.
    """
    source = target.source
    overrides = override_files(source, target.compose_files)
    if not local_git.known(source, "rev-parse", "--is-inside-work-tree"):
        return WorkingCopy(False, overrides=overrides)
    asked = [*target.compose_files, *overrides]
    tracked = [name for name in asked if _tracks(source, name)]
    read_too = [os.path.relpath(file, source) for file in env_files]
    listed = local_git.known(source, "ls-files", "-z").split("\0")
    held = [name for name in listed if ENV_FILE.search(name) and not EXAMPLE.search(Path(name).name)]
    secrets = tuple(name for name in held if _secret(source / name))
    untracked = tuple(name for name in read_too if not _tracks(source, name))
    return WorkingCopy(True, tuple(tracked), overrides, secrets, untracked)


def _tracks(source: Path, name: str) -> bool:
    return bool(local_git.known(source, "ls-files", "-z", "--", f":(literal){name}"))


def override_files(source: Path, files: Iterable[str]) -> tuple[str, ...]:
    """Return the override files in the folders of compose files that are none of these themselves."""
    names = list(files)
    deployed = {(source / name).resolve() for name in names}
    folders = dict.fromkeys(Path(name).parent for name in names)
    candidates = [folder / override for folder in folders for override in OVERRIDES]
    return tuple(
        str(path)
        for path in candidates
        if (source / path).is_file() and (source / path).resolve() not in deployed
    )


def holds_secrets(lines: Iterable[str]) -> bool:
    """Return whether lines of an env file give a secret away; placeholders are none."""
    return any(not is_placeholder(value.strip("\"'")) for value in pieces(lines))


def _secret(file: Path) -> bool:
    try:
        return holds_secrets(file.read_text("utf-8", "replace").splitlines())
    except OSError:
        # Tracked, but gone from this checkout, or a folder: there is nothing in it to give away here.
        return False
