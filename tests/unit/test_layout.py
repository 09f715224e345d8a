"""The tests lie in the same tree as what they test: deploy/ and checks/ and their folders, reports/, lab/."""

from __future__ import annotations

from pathlib import Path

UNIT = Path(__file__).resolve().parent
ROOT = UNIT.parents[1]
WHOLE = {"argv_words", "ci_documents", "docs", "docs_wishes", "imports", "layout", "make", "tables"}
"""Tests that lie at the top because they are of the whole repository, not of one module."""


def subjects(folder: Path) -> set[str]:
    """Return what a test in a folder below tests/unit may be of: a module there, or the folder as a whole."""
    homes = [ROOT / "deploy" / folder, ROOT / folder]
    if folder == Path():
        return {file.stem for file in homes[0].glob("*.py")} | WHOLE
    files = [file for home in homes for file in home.glob("*.py")]
    return {file.stem.removeprefix("test_") for file in files} | ({folder.name} if files else set())


def test_every_unit_test_is_named_by_what_it_tests_and_lies_where_that_does() -> None:
    astray = []
    for file in sorted(UNIT.rglob("test_*.py")):
        place, name = file.relative_to(UNIT), file.stem.removeprefix("test_")
        if not any(name == subject or name.startswith(f"{subject}_") for subject in subjects(place.parent)):
            astray.append(f"tests/unit/{place}: no module of that name in the same folder of the tree")
    assert astray == []


def test_deploy_has_fewer_than_twenty_entries() -> None:
    entries = {
        path.name for path in (ROOT / "deploy").iterdir() if not path.name.startswith((".", "__pycache"))
    }
    assert len(entries) < 20
