"""L2: no command that this project can build removes a volume, or takes a stack away with its data."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.unit.tables import every

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(file for folder in ("deploy", "checks") for file in (ROOT / folder).rglob("*.py"))
WORDS = re.compile(r"(?:^|[\s'\"`;|&(])(?:down|prune|--volumes|-v|--renew-anon-volumes|-V)(?=$|[\s'\"`;|&)])")
WRITTEN = re.compile(r"down|prune|--volumes|-v(?!\w)|--renew-anon-volumes|-V(?!\w)")
"""What a module holds anywhere that has such a word; the others need not be parsed."""
ASKS = re.compile(r"\bcommand -v\b")
"""sh's own way to ask for a program; that -v has nothing to do with volumes."""

SAYS = {"check", "expect", "GonogoError", "UsageError", "note"}
SENTENCES = {"reason", "fix", "found", "expected"}

NOT_DOCKERS = {
    ("checks/plugin/early.py", "-V"),  # an option of pytest
}


def literals(file: Path) -> Iterator[tuple[int, str]]:
    """Every text in a module that could become part of a command: not docstrings, not what users read."""
    source = file.read_text()
    left: list[ast.AST] = [ast.parse(source)] if WRITTEN.search(source) else []
    while left:
        node = left.pop()
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                yield node.lineno, node.value
        elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):  # a docstring
            left += [part for part in _parts(node) if not _spoken(node, part)]


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what a node is made of, as ``ast.iter_child_nodes`` does, which takes three times as long."""
    for value in vars(node).values():
        if isinstance(value, list):
            yield from (one for one in value if isinstance(one, ast.AST))
        elif isinstance(value, ast.AST):
            yield value


def _spoken(node: ast.AST, part: ast.AST) -> bool:
    """Whether a part of a call is a sentence for users."""
    return isinstance(part, ast.keyword) and part.arg in SENTENCES and _name(node) in SAYS


def _name(node: ast.AST) -> str:
    function = getattr(node, "func", None)
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def test_no_text_that_becomes_a_command_has_a_word_that_removes_volumes() -> None:
    found = {
        (str(file.relative_to(ROOT)), text)
        for file in SOURCES
        for _, text in literals(file)
        if WORDS.search(ASKS.sub("", text))
    }
    assert found == NOT_DOCKERS


@every("text", ["docker compose down", "docker rm -f -v x", "docker volume prune", "x --volumes", "a;down"])
def test_the_words_are_found(text: str) -> None:
    assert WORDS.search(text)
