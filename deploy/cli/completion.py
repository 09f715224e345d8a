"""What a shell completes, from what lies on this machine: nobody waits for a server there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import typer

from gonogo.deploy.release.versions import BACK, RESUMED
from gonogo.deploy.target import workspace

OPTION = "reports"
"""The option that says where reports are published, and so where versions are known from."""


def targets(incomplete: str) -> list[str]:
    """Return the names of targets that begin so."""
    return [name for name in workspace.here().files() if name.startswith(incomplete)]


def versions(context: typer.Context, incomplete: str) -> list[str]:
    """Return the versions of the target of which there are reports here, newest first."""
    given, place = context.params, workspace.here()
    known = list(place.files())
    target = Path(str(given.get("target") or (known[0] if len(known) == 1 else ""))).name
    folder = Path(str(given.get(OPTION) or place.reports))
    return [one for one in reported(folder, target.removesuffix(".toml")) if one.startswith(incomplete)]


def backups(incomplete: str) -> list[str]:
    """Return the word for the newest backup; the names of the others lie on the target alone."""
    return [one for one in ("latest",) if one.startswith(incomplete)]


def reported(folder: Path, target: str) -> list[str]:
    """Return the releases of a target that have a report in a folder, the newest first."""
    found = sorted(_dated(folder.glob(f"{target}/*/release.json") if target else ()), reverse=True)
    return [name for _, name in found if not name.startswith((BACK, RESUMED))]


def _dated(files: Iterable[Path]) -> Iterator[tuple[float, str]]:
    for file in files:
        try:
            yield file.stat().st_mtime, file.parent.name
        except OSError:
            continue  # it was replaced meanwhile
