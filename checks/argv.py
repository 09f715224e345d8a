"""What a command line of pytest names: the suites of checks and the target, told from its words alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from gonogo.deploy import workspace

FOLDER = Path(__file__).resolve().parent
PACKAGE = "gonogo.checks"


def suites(words: Sequence[str], folder: Path) -> list[str]:
    """Return the suites of checks that a command line names, sorted; empty when it names none.

    They are named by path, relative to ``folder``, or as gonogo.checks.preflight with ``--pyargs``; a run
    inside our folder of checks that names no path means the one there. "checks": all of them.
    """
    places = [_place(word, folder) for word in words if word and not word.startswith("-")]
    there = [place for place in places if place]
    found = [_suite(place) for place in there or [folder.resolve()]]
    return sorted({suite for suite in found if suite})


def values(words: Sequence[str], option: str) -> Iterator[str]:
    """Yield the values that a command line gives an option."""
    for index, word in enumerate(words):
        if word == option:
            yield words[index + 1] if index + 1 < len(words) else ""
        elif word.startswith(f"{option}="):
            yield word.partition("=")[2]


def may_be_target(name: str, folder: Path) -> bool:
    """Return whether a value of ``--target`` is meant for us: a file, or a name where there are targets."""
    if name.endswith(".toml") or "/" in name:
        return True
    return bool(workspace.of_folder(folder).files())


def target_file(words: Sequence[str], folder: Path) -> Path | None:
    """Return the target file that a command line means, as deploy.target_file finds it; None when unclear."""
    name = next(reversed(list(values(words, "--target"))), "")
    if name.endswith(".toml") or "/" in name:
        return folder / Path(name).expanduser()
    known = workspace.of_folder(folder).files()
    if name:
        return known.get(name)
    return next(iter(known.values())) if len(known) == 1 else None


def _place(word: str, folder: Path) -> Path | None:
    name = word.partition("::")[0]
    if name == PACKAGE or name.startswith(f"{PACKAGE}."):
        return FOLDER.joinpath(*name.removeprefix(PACKAGE).split("."))
    path = folder / name
    return path.resolve() if path.exists() else None


def _suite(place: Path) -> str:
    if not place.is_relative_to(FOLDER):
        return ""
    if place == FOLDER:
        return FOLDER.name
    name = place.relative_to(FOLDER).parts[0]
    return name if (FOLDER / name).is_dir() else ""
