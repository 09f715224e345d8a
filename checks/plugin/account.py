"""Why a test failed, in words: its assertion as a sentence, or the error that was raised."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from gonogo.deploy.errors import GonogoError

WHENCE = re.compile(r" \+ +(?:where|and) ")
"""How a line begins in which pytest tells where a value came from, which a sentence has from the source."""


def account(failure: pytest.ExceptionInfo[BaseException], file: Path) -> str:
    """Return why a test failed and at which line of ``file``: its assertion, or the error that was raised."""
    error = failure.value
    if isinstance(error, GonogoError):
        return str(error)
    if isinstance(error, pytest.FixtureLookupError):
        return f"there is no fixture {error.argname!r}"
    at = next((one for one in reversed(failure.traceback) if one.path == file), failure.traceback[-1])
    words, statement = str(error), str(at.statement).strip()
    if isinstance(error, AssertionError):
        words = sentence(words, statement) or statement
    elif not isinstance(error, pytest.fail.Exception):
        words = f"{type(error).__name__}: {words}"
    first, *rest = [line for line in words.splitlines() if line.strip()] or [type(error).__name__]
    return "\n".join([f"{first} ({Path(at.path).name}:{at.lineno + 1})", *rest])


def sentence(words: str, statement: str) -> str:
    """Return what pytest says of an assertion, which ``statement`` is: what was asked, and what it was.

    So ``assert 420 == 384`` becomes ``host.file("/x").mode == 0o600 does not hold: it is 0o644``.
    """
    first, *rest = words.splitlines() or [""]
    told = [line for line in rest if not WHENCE.match(line)]
    try:
        (node,) = ast.parse(statement).body
    except (SyntaxError, ValueError):
        node = ast.Pass()
    if not isinstance(node, ast.Assert) or not first.startswith("assert "):
        return "\n".join([first, *told])
    asked = " ".join((ast.get_source_segment(statement, node.test) or "").split())
    found = first.removeprefix("assert ")
    if isinstance(node.test, ast.BoolOp):
        found = found.removeprefix("(").removesuffix(")")
    if found in (asked, ast.unparse(node.test)):
        return "\n".join([first, *told])
    return "\n".join([f"{asked} does not hold: {_was(node.test, found, asked)}", *told])


def _was(test: ast.expr, found: str, asked: str) -> str:
    """Return what that side of a comparison was which is not written in the test, else all of it."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        left, right = test.left, test.comparators[0]
        sides = re.split(rf" {re.escape(OPERATORS[type(test.ops[0])])} ", found, maxsplit=1)
        if len(sides) == 2 and _literal(left) is not _literal(right):
            was = sides[_literal(left)]
            octal = re.search(r"\b0o[0-7]+", asked)
            return f"it is {oct(int(was))}" if octal and was.isdecimal() else f"it is {was}"
    return found if " " in found else f"it is {found}"


def _literal(side: ast.expr) -> bool:
    try:
        ast.literal_eval(side)
    except ValueError:
        return False
    return True


OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}
