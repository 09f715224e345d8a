"""What lies on this machine beside the compose files: what Compose or git would make of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gonogo.deploy import git
from gonogo.deploy.compose import OVERRIDES
from gonogo.deploy.host.env_file import pieces
from gonogo.deploy.redaction.weak_secrets import is_placeholder
from gonogo.deploy.target import Target

ENV_FILE = re.compile(r"(^|/)(\.env(\.[\w.-]+)?|[\w.-]+\.env)$")
EXAMPLE = re.compile(r"(?i)example|sample|template|dist|default")


@dataclass(frozen=True)
class Beside:
    """What git tracks of the compose files and of the files that Compose would add to them by itself.

    ``repository``: whether there is a git at all. ``overrides``: files that Compose would add and that are
    not deployed, relative to ``source``. ``secrets``: env files, examples aside, that git tracks although
    they hold secrets.
    """

    repository: bool
    tracked: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()


def read(target: Target) -> Beside:
    """Return what lies beside the target's compose files on this machine."""
    source = target.source
    overrides = strays(source, target.compose_files)
    if not git.known(source, "rev-parse", "--is-inside-work-tree"):
        return Beside(False, overrides=overrides)
    asked = [*target.compose_files, *overrides]
    tracked = [name for name in asked if git.known(source, "ls-files", "-z", "--", f":(literal){name}")]
    listed = git.known(source, "ls-files", "-z").split("\0")
    named = [name for name in listed if ENV_FILE.search(name) and not EXAMPLE.search(Path(name).name)]
    return Beside(True, tuple(tracked), overrides, tuple(name for name in named if _secret(source / name)))


def strays(source: Path, files: Iterable[str]) -> tuple[str, ...]:
    """Return the override files in the folders of compose files that are none of these themselves."""
    named = list(files)
    deployed = {(source / file).resolve() for file in named}
    folders = dict.fromkeys(Path(file).parent for file in named)
    found = [folder / name for folder in folders for name in OVERRIDES]
    return tuple(str(f) for f in found if (source / f).is_file() and (source / f).resolve() not in deployed)


def holds_secrets(lines: Iterable[str]) -> bool:
    """Return whether lines of an env file give a secret away; placeholders are none."""
    return any(not is_placeholder(value.strip("\"'")) for value in pieces(lines))


def _secret(file: Path) -> bool:
    try:
        return holds_secrets(file.read_text("utf-8", "replace").splitlines())
    except OSError:
        # Tracked, but gone from this checkout, or a folder: there is nothing in it to give away here.
        return False
