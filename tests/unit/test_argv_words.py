"""L2: no command that this project can build removes a volume, or takes a stack away with its data."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(file for folder in ("deploy", "checks") for file in (ROOT / folder).rglob("*.py"))
WORDS = re.compile(r"(?:^|[\s'\"`;|&(])(?:down|prune|--volumes|-v|--renew-anon-volumes|-V)(?=$|[\s'\"`;|&)])")
ASKS = re.compile(r"\bcommand -v\b")
"""sh's own way to ask for a program; that -v has nothing to do with volumes."""

NOT_DOCKERS = {
    ("checks/early.py", "-V"),  # an option of pytest
    ("deploy/wire/readonly.py", "-v"),  # options of sh's `command`
    ("deploy/wire/readonly.py", "-V"),
}


def literals(file: Path) -> Iterator[tuple[int, str]]:
    """Every text in a module that could become part of a command: not docstrings, not what users read."""
    tree = ast.parse(file.read_text())
    spoken = set(_spoken(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in spoken:
            yield node.lineno, node.value


def _spoken(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            yield id(node.value)  # a docstring, or the text below a constant
        if isinstance(node, ast.Call) and _name(node.func) in {
            "check",
            "expect",
            "GonogoError",
            "UsageError",
            "note",
        }:
            for word in node.keywords:
                if word.arg in {"reason", "fix", "found", "expected"}:
                    yield from (id(part) for part in ast.walk(word.value))


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def test_no_text_that_becomes_a_command_has_a_word_that_removes_volumes() -> None:
    found = {
        (str(file.relative_to(ROOT)), text)
        for file in SOURCES
        for _, text in literals(file)
        if WORDS.search(ASKS.sub("", text))
    }
    assert found == NOT_DOCKERS


@pytest.mark.parametrize(
    "text", ["docker compose down", "docker rm -f -v x", "docker volume prune", "x --volumes", "a;down"]
)
def test_the_words_are_found(text: str) -> None:
    assert WORDS.search(text)
