"""What a command line of pytest names: the suites of checks and the target, told from its words alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from gonogo.deploy.target import workspace

FOLDER = Path(__file__).resolve().parents[1]
PACKAGE = "gonogo.checks"
VALUED = {"-p", "-k", "-m", "-o", "-c", "-n", "-r", "-W", "--target", "--results", "--record", "--replay"}
"""Options of pytest, and of ours, whose value is a word of its own and names no test."""


def expanded(words: Sequence[str], folder: Path) -> Iterator[str]:
    """Yield the words of a command line, those of ``@FILE`` in its place, one a line, as pytest reads it."""
    for word in words:
        if not word.startswith("@"):
            yield word
            continue
        try:
            yield from (folder / word[1:]).read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError):
            yield word  # pytest tells what is wrong with it


def suites(words: Sequence[str], folder: Path) -> list[str]:
    """Return the suites of checks that a command line names, sorted; empty when it names none.

    They are named by path, relative to ``folder``, or as gonogo.checks.preflight with ``--pyargs``; a run
    inside our folder of checks that names no path means the one there. "checks": all of them.
    """
    places = [_place(word, folder) for word in _paths(words)]
    there = [place for place in places if place]
    found = [_suite(place) for place in there or [folder.resolve()]]
    return sorted({suite for suite in found if suite})


def whole(words: Sequence[str], folder: Path, suite: str) -> bool:
    """Return whether a command line names all of a suite; see ``suites``."""
    there = [place for place in (_place(word, folder) for word in _paths(words)) if place]
    return not {FOLDER, FOLDER / suite}.isdisjoint(there or [folder.resolve()])


def values(words: Sequence[str], option: str) -> Iterator[str]:
    """Yield the values that a command line gives an option."""
    for index, word in enumerate(words):
        if word == option:
            yield words[index + 1] if index + 1 < len(words) else ""
        elif word.startswith(f"{option}="):
            yield word.partition("=")[2]


def target_file(words: Sequence[str], folder: Path) -> Path | None:
    """Return the target file that a command line means, as deploy.target_file finds it; None when unclear."""
    name = next(reversed(list(values(words, "--target"))), "")
    if name.endswith(".toml") or "/" in name:
        try:
            return folder / Path(name).expanduser()
        except RuntimeError:
            return None
    known = workspace.of_folder(folder).files()
    if name:
        return known.get(name)
    return next(iter(known.values())) if len(known) == 1 else None


def _paths(words: Sequence[str]) -> Iterator[str]:
    before = ""
    for word in words:
        if word and not word.startswith("-") and before not in VALUED:
            yield word
        before = word


def _place(word: str, folder: Path) -> Path | None:
    name = word.partition("::")[0]
    if name == PACKAGE or name.startswith(f"{PACKAGE}."):
        return FOLDER.joinpath(*name.removeprefix(PACKAGE).split("."))
    try:
        path = folder / name
        return path.resolve() if path.exists() else None
    except (OSError, ValueError, RuntimeError):
        return None  # a word that can be no path


def _suite(place: Path) -> str:
    if not place.is_relative_to(FOLDER):
        return ""
    if place == FOLDER:
        return FOLDER.name
    name = place.relative_to(FOLDER).parts[0]
    return name if (FOLDER / name).is_dir() else ""
