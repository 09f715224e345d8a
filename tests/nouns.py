"""docs/nouns.md: every noun of ``host`` and ``controller``, and ``release``, from the docstrings.

``python -m tests.nouns`` writes it; ``--check`` says whether that would change it.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, get_args, get_type_hints

from gonogo.deploy.host.answers import Asked
from gonogo.deploy.host.container import Container
from gonogo.deploy.host.machine import Machine
from gonogo.deploy.host.noun import Noun
from gonogo.deploy.mongodb.noun import Mongodb
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.images import Images
from gonogo.deploy.release.release import PARTS, Release

LATER = {"Images": Images, "Mongodb": Mongodb, "Release": Release}
"""Types that deploy/release/host.py knows while it is checked alone."""
ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "nouns.md"
HEAD = """# Nouns

What a check can ask of `host`, the target, and of `controller`, the machine that deploys, beside testinfra's
own modules (`host.file`, `host.socket`, `host.user`, `host.sysctl` …). Each property is asked once in a
snapshot of the host, and its answer is the evidence of every check that uses it. `host.refresh()` begins a
new snapshot; the `refresh()` of a noun forgets what is known of that noun. At the end: `release`.

Made from the docstrings by `python -m tests.nouns`.
"""


def nouns() -> Iterator[tuple[str, type]]:
    """Yield each noun as a check writes it, such as ``host.port(port)``, with its class; containers too."""
    for name, member in sorted({**vars(Machine), **vars(Host)}.items()):
        function = member.func if isinstance(member, cached_property) else member
        if name.startswith("_") or not (inspect.isfunction(function) or isinstance(function, type)):
            continue
        # `clock = cached_property(Clock)` is made by its class.
        hints = {} if isinstance(function, type) else get_type_hints(function, localns=LATER)
        returned = hints.get("return", function)
        kind = next(iter(get_args(returned)), returned)  # of `Container | None` the first
        if isinstance(kind, type) and issubclass(kind, Noun | Container):
            given = ", ".join(list(inspect.signature(function).parameters)[1:])
            yield f"host.{name}" + ("" if isinstance(member, cached_property) else f"({given})"), kind


def properties(kind: type) -> Iterator[tuple[str, str]]:
    """Yield the properties and methods of a noun that are its own, each with what it says of itself."""
    fields = getattr(kind, "__dataclass_fields__", {})
    if fields:
        yield "`, `".join(fields), "what the engine says of it."
    for name, member in vars(kind).items():
        if name.startswith("_") or name in fields:
            continue
        if isinstance(member, property | cached_property | Asked):
            yield name, told(member)
        elif inspect.isfunction(member):
            given = ", ".join(list(inspect.signature(member).parameters)[1:])
            yield f"{name}({given})", told(member)


def told(member: Any) -> str:
    """Return a docstring in one line, as Markdown; raises ValueError where there is none."""
    text = inspect.getdoc(member)
    if not text:
        raise ValueError(f"{member} has no docstring")
    return " ".join(text.replace("``", "`").split())


def section(written: str, kind: type) -> str:
    """Return the part of the page on one noun."""
    text, _, example = (inspect.getdoc(kind) or "").partition(">>>")
    parts = [f"## {written}", " ".join(text.replace("``", "`").split())]
    if example:
        parts.append(f"```pycon\n>>>{example.rstrip()}\n```")
    rows = [f"- `{name}`: {says}" for name, says in properties(kind)]
    return "\n\n".join([*parts, "\n".join(rows)])


def release() -> str:
    """Return the part of the page on ``release``: its properties, and those of its parts."""
    text, _, example = (inspect.getdoc(Release) or "").partition(">>>")
    known = {name: getattr(Release, name) for name in sorted(dir(Release)) if not name.startswith("_")}
    rows = {name: told(one) for name, one in known.items() if isinstance(one, property | Asked)}
    rows["replaces(holder, service, port)"] = told(Release.replaces)
    for part in PARTS:
        kind = known[part].func
        rows |= {f"{part}.{name}": says for name, says in properties(kind)}
    parts = ["## release", " ".join(text.split()), f"```pycon\n>>>{example.rstrip()}\n```"]
    return "\n\n".join([*parts, "\n".join(f"- `{name}`: {says}" for name, says in sorted(rows.items()))])


def page() -> str:
    """Return the page that the docstrings give."""
    return "\n\n".join([HEAD.rstrip(), *(section(*one) for one in nouns()), release()]) + "\n"


if __name__ == "__main__":
    text = page()
    if "--check" not in sys.argv:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.exists() or text != PAGE.read_text(encoding="utf-8"):
        sys.exit(f"{PAGE.name} is not what the docstrings give: run `python -m tests.nouns`")
