"""Where a team's target files lie and where its reports go: in the team's own repository.

A target file is ``gonogo.toml`` or ``gonogo/NAME.toml``, found from any folder below; reports lie beside them
in ``gonogo/reports``. In a checkout of this project they lie in ``deploy/targets`` and ``reports/published``.
"""

from __future__ import annotations

import contextlib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
"""The folder of this package: of a checkout, or where it is installed."""
IS_CHECKOUT = (ROOT / "pyproject.toml").is_file()
CACHE = (
    ROOT / ".pytest_cache"
    if IS_CHECKOUT
    else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gonogo" / "pytest"
)
"""Where pytest keeps what it keeps of runs that our own command starts."""
EXAMPLE = ROOT / "deploy" / "targets" / "example.toml"
FOLDER, SINGLE, REPORTS = "gonogo", "gonogo.toml", "reports"
IGNORED = f"# Written by gonogo: reports are made anew by each run.\n/{REPORTS}/\n"


@dataclass(frozen=True)
class Workspace:
    """``targets``: the folder of target files; ``reports``: where reports go; ``single``: a gonogo.toml."""

    targets: Path
    reports: Path
    single: Path | None = None

    @classmethod
    def at(cls, top: Path) -> Workspace:
        """Return the workspace of a repository whose ``gonogo.toml`` or ``gonogo/`` lies in ``top``."""
        single = top / SINGLE
        folder = top / FOLDER
        return cls(folder, folder / REPORTS, single if single.is_file() else None)

    def files(self) -> dict[str, Path]:
        """Return the target files by the name that each is called by, sorted; the example is none.

        ``gonogo/NAME.toml`` is called NAME, ``gonogo.toml`` by its ``name``, else by its ``project``. A name
        that both have means the file in the folder.
        """
        found = {called(self.single): self.single} if self.single else {}
        found |= {file.stem: file for file in self.targets.glob("*.toml") if file != EXAMPLE}
        return dict(sorted(found.items()))

    def called(self, file: Path) -> str:
        """Return what a target file is found by: its name, or its path where it lies elsewhere."""
        return next((name for name, each in self.files().items() if each == file), str(file))

    def keep_reports_out_of_git(self) -> None:
        """Write the file with which git ignores the reports, unless there is one or it cannot be written."""
        if self == CHECKOUT:
            return
        with contextlib.suppress(OSError):
            self.targets.mkdir(parents=True, exist_ok=True)
            with (self.targets / ".gitignore").open("x", encoding="utf-8") as out:
                out.write(IGNORED)


CHECKOUT = Workspace(EXAMPLE.parent, ROOT / "reports" / "published")


def here() -> Workspace:
    """Return the workspace of the working directory."""
    return of_folder(Path.cwd())


def of_folder(folder: Path) -> Workspace:
    """Return the workspace of a folder.

    That is the nearest ``gonogo.toml`` or ``gonogo/`` above it in the same repository, or this checkout's;
    where there is none, the one at the top of the repository that ``gonogo init`` makes.
    """
    folder = folder.absolute()
    for each in (folder, *folder.parents):
        if IS_CHECKOUT and each == ROOT:
            return CHECKOUT
        if (each / SINGLE).is_file() or _has_targets(each / FOLDER):
            return Workspace.at(each)
        if (each / ".git").exists():  # what lies above a repository is another's
            return Workspace.at(each)
    return Workspace.at(folder)


def of_target(file: Path) -> Workspace:
    """Return the workspace that a target file lies in; of a file that lies in none, that of ``here``."""
    if file.parent == CHECKOUT.targets:
        return CHECKOUT
    if file.name == SINGLE:
        return Workspace.at(file.parent)
    return Workspace.at(file.parent.parent) if file.parent.name == FOLDER else here()


def called(file: Path) -> str:
    """Return the name that a ``gonogo.toml`` gives its target; its folder's where it cannot be read."""
    with contextlib.suppress(OSError, ValueError, RecursionError):
        return named(tomllib.loads(file.read_bytes().decode("utf-8-sig")), file)
    return file.parent.name


def named(raw: Mapping[str, Any], file: Path) -> str:
    """Return the name of a target whose file does not say it under ``name``."""
    if file.name != SINGLE:
        return file.stem
    name = raw.get("name") or raw.get("project")
    return name if isinstance(name, str) else file.parent.name


def _has_targets(folder: Path) -> bool:
    # A checkout of this project is often called so too, and a Python package might be.
    foreign = any((folder / name).exists() for name in ("pyproject.toml", "__init__.py"))
    return not foreign and any(folder.glob("*.toml"))
