"""docs/checks.md: every check of both suites, from its marker and its docstring.

``python -m tests.checks`` writes it; ``--check`` says whether that would change it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "checks.md"
HEAD = """# Checks

{preflight} checks before a deployment (`gonogo preflight`), {verify} after it (`gonogo verify`). A failed
check is a no-go. Those marked *warning* do not stop a deployment, unless it runs with `--strict`; those
marked *data* guard data and cannot be [waived](target-file.md#waivers). Those marked *offline* also run
without a server, in whole or in part ([CI](ci.md#offline-what-the-repository-tells)).

A check that does not apply is skipped. When an answer cannot be had, the check that is about it fails, and
the others that need it are *blocked*, which is a no-go too. If the server cannot be reached,
`ssh.reachable` fails and the rest is blocked. Ids are stable: waivers, reports and pytest's `-k` use them.
D1 to D4 and L1 to L10 are [incidents](incidents.md). `gonogo checks` lists the same;
[writing-checks.md](writing-checks.md) says how to write one, and [verdicts.md](verdicts.md) which kinds of
faults were found, and which tests hold them.

Made from the checks by `python -m tests.checks`.
"""


def marks(function: ast.FunctionDef) -> Iterator[tuple[str, list[object], dict[str, object]]]:
    """Yield the pytest markers of a function: name, arguments, keywords."""
    for decorator in function.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else ast.Call(decorator, [], [])
        name = ast.unparse(call.func)
        if name == "pytest.mark.check":
            words = {one.arg: ast.literal_eval(one.value) for one in call.keywords if one.arg}
            yield "check", [ast.literal_eval(one) for one in call.args], words
        elif name.startswith("pytest.mark."):
            yield name.removeprefix("pytest.mark."), [], {}


def rows(suite: str) -> Iterator[str]:
    """Yield a row for each check of a suite: its id and kind, its condition, its reason."""
    for file in sorted((ROOT / "checks" / suite).glob("test_*.py")):
        for function in ast.parse(file.read_text(encoding="utf-8")).body:
            if not isinstance(function, ast.FunctionDef):
                continue
            found = {name: (given, words) for name, given, words in marks(function)}
            if "check" not in found:
                continue
            (id,), words = found["check"]
            severity = "warning" if words.get("severity") == "warning" else ""
            kinds = [severity, "data" if words.get("data") else "", "offline" if "offline" in found else ""]
            kind = ", ".join(filter(None, kinds))
            condition = (ast.get_docstring(function) or "").splitlines()[0]
            told = f"| `{id}`{f' ({kind})' if kind else ''} | {condition} | {words.get('reason', '')} |"
            yield told.replace("``", "`")


def page() -> str:
    """Return the page that the checks give."""
    parts = {suite: list(rows(suite)) for suite in ("preflight", "verify")}
    text = [HEAD.format(**{suite: len(found) for suite, found in parts.items()})]
    for suite, found in parts.items():
        text.append(
            f"## {suite.capitalize()}\n| check | what must hold | why |\n|---|---|---|\n" + "\n".join(found)
        )
    return "\n".join(text[:1]) + "\n" + "\n\n".join(text[1:]) + "\n"


if __name__ == "__main__":
    written = page()
    if "--check" not in sys.argv:
        PAGE.write_text(written, encoding="utf-8")
    elif not PAGE.exists() or written != PAGE.read_text(encoding="utf-8"):
        sys.exit(f"{PAGE.name} is not what the checks give: run `python -m tests.checks`")
