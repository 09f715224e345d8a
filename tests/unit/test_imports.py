"""Imports between the folders of deploy/ run one way, from a layer to those below it, never up."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
PACKAGE = "gonogo.deploy"
LAYERS = (
    {"cli"},
    {"runner"},
    {"steps"},
    {"progress", "switch"},
    {"mongodb", "transfer", "availability"},
    {"release"},
    {"host"},
    {"target.init"},
    {"compose"},
    {"target"},
    {"ssh"},
    {"redaction", "errors"},
)
"""The folders from the command line down; those of one layer do not know each other."""
MONGODB = ("restore", "backup", "fingerprint", "server")
"""The folders within mongodb/, from the top down."""
UPWARD = {
    ("release/host.py", "mongodb"),
    ("release/retention.py", "mongodb"),
}
"""What still imports from a layer above its own, by file and folder."""
HOLDS_STATEMENTS = (ast.stmt, ast.excepthandler, ast.match_case)
LEFT_OUT = {"__init__", "__main__"}
ALL: set[str] = set().union(*LAYERS)


def folder_of(name: str) -> str:
    """Return the folder to which a module below gonogo.deploy counts: the innermost that has a layer."""
    parts = name.split(".")
    above = (".".join(parts[:length]) for length in range(len(parts), 1, -1))
    return next((folder for folder in above if folder in ALL), parts[0])


def module_of(file: Path) -> str:
    """Return the name of a module below gonogo.deploy."""
    return ".".join(file.relative_to(DEPLOY).with_suffix("").parts)


@functools.cache
def from_imports(file: Path) -> list[ast.ImportFrom]:
    """Return what a file imports by ``from … import``, wherever that stands; expressions hold no import."""
    found, left = [], [ast.parse(file.read_text())]
    while left:
        for value in vars(left.pop()).values():
            nodes = value if isinstance(value, list) else ()
            found += [node for node in nodes if isinstance(node, ast.ImportFrom)]
            left += [node for node in nodes if isinstance(node, HOLDS_STATEMENTS)]
    return found


def imported(file: Path) -> Iterator[str]:
    """Yield what a file imports from gonogo.deploy, such as ``host.engine``; for types alone, too."""
    for node in from_imports(file):
        if node.module == PACKAGE:
            yield from (name.name for name in node.names)
        elif (node.module or "").startswith(f"{PACKAGE}."):
            module = str(node.module).removeprefix(f"{PACKAGE}.")
            yield from (f"{module}.{name.name}" for name in node.names)


def test_every_folder_has_a_layer() -> None:
    assert {folder_of(module_of(file)) for file in DEPLOY.rglob("*.py")} - LEFT_OUT == ALL
    assert len(LAYERS) <= 13


def test_no_import_leads_up() -> None:
    heights = {folder: height for height, layer in enumerate(LAYERS) for folder in layer}
    wrong = []
    for file in sorted(DEPLOY.rglob("*.py")):
        place = file.relative_to(DEPLOY)
        mine = folder_of(module_of(file))
        for name in imported(file):
            other = folder_of(name)
            if mine == other or {mine, other} & LEFT_OUT or (str(place), other) in UPWARD:
                continue
            if heights[other] <= heights[mine]:
                wrong.append(f"deploy/{place} imports {PACKAGE}.{name}")
    assert wrong == []


def test_no_import_leads_up_within_mongodb() -> None:
    for height, folder in enumerate(MONGODB):
        files = (DEPLOY / "mongodb" / folder).glob("*.py")
        names = {
            name.split(".")[1] for file in files for name in imported(file) if name.startswith("mongodb.")
        }
        assert names <= set(MONGODB[height:]), folder


def test_what_leads_up_still_does() -> None:
    used = {(place, folder_of(name)) for place, _ in UPWARD for name in imported(DEPLOY / place)}
    assert used >= UPWARD


def test_deploy_does_not_know_the_checks_and_reports_know_errors_alone() -> None:
    assert [file for file in DEPLOY.rglob("*.py") if "gonogo.checks" in _modules(file)] == []
    for file in (DEPLOY.parent / "reports").glob("*.py"):
        assert "gonogo.checks" not in _modules(file), file
        assert set(imported(file)) <= {"errors.GonogoError"}, file


def _modules(file: Path) -> set[str]:
    return {".".join((node.module or "").split(".")[:2]) for node in from_imports(file)}
