"""Where a team's target files lie and where its reports go: in the team's own repository.

A target file is ``gonogo.toml`` or ``gonogo/NAME.toml``, found from any folder below; reports lie beside them
in ``gonogo/reports``. In a checkout of this project they lie in ``deploy/targets`` and ``reports/published``.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gonogo.deploy.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]
"""The folder of this package: of a checkout, or where it is installed."""
IS_CHECKOUT = (ROOT / "pyproject.toml").is_file()
EXAMPLE = ROOT / "deploy" / "targets" / "example.toml"
FOLDER, SINGLE, REPORTS = "gonogo", "gonogo.toml", "reports"
FOREIGN = ("pyproject.toml", "__init__.py")
"""What no folder of target files holds: a checkout of this project is often called ``gonogo``, too."""


@dataclass(frozen=True)
class Workspace:
    """``targets``: the folder of target files; ``reports``: where reports go; ``single``: a gonogo.toml."""

    targets: Path
    reports: Path
    single: Path | None = None

    @classmethod
    def at(cls, top: Path) -> Workspace:
        """Return the workspace of a repository whose ``gonogo.toml`` or ``gonogo/`` lies in ``top``."""
        folder, single = top / FOLDER, top / SINGLE
        reports = top / f"{FOLDER}-{REPORTS}" if is_foreign(folder) else folder / REPORTS
        return cls(folder, reports, single if os.path.isfile(single) else None)  # noqa: PTH113  never raises

    def files(self) -> dict[str, Path]:
        """Return the target files by the name that each is called by, sorted; the example is none.

        ``gonogo/NAME.toml`` is called NAME, ``gonogo.toml`` by its ``name``, else by its ``project``. A name
        that both have means the file in the folder.
        """
        paths = {called(self.single): self.single} if self.single else {}
        if self == CHECKOUT or not is_foreign(self.targets):
            with contextlib.suppress(OSError):
                paths |= {file.stem: file for file in self.targets.glob("*.toml") if file != EXAMPLE}
        return dict(sorted(paths.items()))

    def called(self, file: Path) -> str:
        """Return what a target file is found by: its name, or its path where it lies elsewhere."""
        return next((name for name, each in self.files().items() if each == file), str(file))

    def keep_reports_out_of_git(self) -> None:
        """Let git ignore the folder of reports, made on first use.

        A .gitignore that is there already is the team's own and stays; what cannot be written is left out.
        """
        if self != CHECKOUT:
            with contextlib.suppress(OSError):
                self.reports.mkdir(mode=0o700, parents=True, exist_ok=True)
                with (self.reports / ".gitignore").open("x", encoding="utf-8") as out:
                    out.write("*\n")


CHECKOUT = Workspace(EXAMPLE.parent, ROOT / "reports" / "published")


def here() -> Workspace:
    """Return the workspace of the working directory; raises UsageError where that is gone."""
    try:
        return of_folder(Path.cwd())
    except FileNotFoundError:
        raise UsageError("the working directory was removed: change to a folder that exists") from None


def of_folder(folder: Path) -> Workspace:
    """Return the workspace of a folder.

    That is the nearest ``gonogo.toml`` or ``gonogo/`` above it in the same repository, or this checkout's;
    where there is none, the one at the top of the repository that ``gonogo init`` makes.
    """
    folder = folder.absolute()
    within = list(_repository(folder))
    if IS_CHECKOUT and ROOT in (folder, *folder.parents):
        return CHECKOUT
    first = Workspace.at(within[-1] if _is_top(within[-1]) else folder)
    return next((workspace for workspace in map(Workspace.at, within) if workspace.files()), first)


def of_target(file: Path) -> Workspace:
    """Return the workspace that a target file lies in; of a file that lies in none, that of ``here``."""
    if IS_CHECKOUT and file.is_relative_to(ROOT):
        return CHECKOUT
    if file.name == SINGLE:
        return Workspace.at(file.parent)
    return Workspace.at(file.parent.parent) if file.parent.name == FOLDER else here()


def cache() -> Path:
    """Return the folder in which pytest keeps what it keeps of runs that our own command starts."""
    if IS_CHECKOUT:
        return ROOT / ".pytest_cache"
    given = os.environ.get("XDG_CACHE_HOME", "")
    home = os.path.expanduser("~/.cache")  # noqa: PTH111  it stays as it is where nobody has a home
    chosen = next((one for one in (given, home) if Path(one).is_absolute()), "")
    return Path(chosen or tempfile.gettempdir()) / "gonogo" / "pytest"


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


def is_foreign(folder: Path) -> bool:
    """Return whether a folder is something else than one of target files."""
    return any(os.path.lexists(folder / name) for name in FOREIGN)


def _repository(folder: Path) -> Iterator[Path]:
    """Yield a folder and those above it, up to the top of its repository.

    Outside of one: as long as they are the user's alone, for what lies in /tmp or /home may be anybody's.
    """
    above = [folder, *folder.parents]
    top = next((number for number, each in enumerate(above) if _is_top(each)), None)
    yield folder
    for each in above[1:] if top is None else above[1 : top + 1]:
        if top is None and not _is_private(each):
            return
        yield each


def _is_top(folder: Path) -> bool:
    return os.path.lexists(folder / ".git")


def _is_private(folder: Path) -> bool:
    try:
        info = folder.stat()
    except OSError:
        return False
    mine = not hasattr(os, "getuid") or info.st_uid == os.getuid()
    return mine and not info.st_mode & stat.S_IWOTH and folder != folder.parent
