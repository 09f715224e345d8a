"""Which engines and image stores the tests deploy from and to: the table of docs/engines.md.

``python -m tests.tried`` writes it there, from the marker ``tried`` of the tests on hosts; ``--check`` says
whether that would change it. A test's target is the kind of hosts that it is given as a parameter, else
``on``, else the newest; its controller's engine is this machine's, unless ``controller`` names another.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from lab.engine import COMPOSE_WHEEL
from lab.kind import NEWEST, Kind

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "engines.md"
BEGIN, END = "| controller | target | method | tested by |\n|---|---|---|---|\n", "\n\n"
VERSIONS = {"20.10": "20.10", "26": "26.1"}
HERE = "that of the machine"
"""The engine of the controller where the tests name none."""


class Collected:
    """A plugin that keeps what pytest collected."""

    def __init__(self) -> None:
        self.items: list[pytest.Item] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Keep the items."""
        self.items = list(session.items)


def told(kind: Kind) -> str:
    """Return a kind of hosts as the table names it."""
    return f"{VERSIONS[kind.engine]}, {kind.store}"


def table(items: Iterable[pytest.Item]) -> str:
    """Return the rows of the table, sorted, one for each pair of controller and target."""
    found: dict[tuple[str, str], tuple[set[str], set[str]]] = {}
    for item in items:
        for mark in item.iter_markers("tried"):
            given = getattr(item, "callspec", None)
            kinds = [one for one in given.params.values() if isinstance(one, Kind)] if given else []
            target = mark.kwargs.get("target") or told((*kinds, mark.kwargs.get("on", NEWEST))[0])
            controller = mark.kwargs.get("controller")
            methods, files = found.setdefault(
                (told(controller) if controller else HERE, target), (set(), set())
            )
            methods.update(mark.args)
            files.add(f"`{item.path.relative_to(ROOT)}`")
    return "\n".join(
        f"| {controller} | {target} | {', '.join(sorted(methods))} | {', '.join(sorted(files))} |"
        for (controller, target), (methods, files) in sorted(found.items())
    )


def page(items: Iterable[pytest.Item]) -> str:
    """Return the page with the table that the tests give; raises ValueError where it has no table."""
    text = PAGE.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin:
        raise ValueError(f"{PAGE.name} has no line {BEGIN.splitlines()[0]!r}")
    compose = ".".join(COMPOSE_WHEEL.partition("==")[2].split(".")[:3])
    said = f"Compose is {compose} on both sides."
    return f"{before}{begin}{table(items)}{end}{after}" if said in after else text + said


def collected() -> list[pytest.Item]:
    """Return the tests on hosts."""
    plugin = Collected()
    pytest.main([str(ROOT / "tests" / "lab"), "--collect-only", "-p", "no:terminal"], plugins=[plugin])
    return plugin.items


if __name__ == "__main__":
    text = page(collected())
    if "--check" not in sys.argv:
        PAGE.write_text(text, encoding="utf-8")
    elif text != PAGE.read_text(encoding="utf-8"):
        sys.exit(f"{PAGE.name} is not what the tests give: run `python -m tests.tried`")
