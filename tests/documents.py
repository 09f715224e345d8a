"""The project's documents: their fenced blocks, the commands that they show, and which test runs those."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
OURS = ("gonogo", "pytest", "python -m gonogo.deploy")
"""How the command lines begin that this project answers for."""
BY_HAND = "Going back by hand"
"""The section of the runbook whose blocks run on the server, without gonogo."""
TAKEN_OFF = "Taking gonogo off a server"
"""The section of the runbook after which nothing of gonogo's is on the server."""

_FENCE = re.compile(r"(?P<indent>[ ]*)```(?P<language>\S*)\s*$")
_SPAN = re.compile(r"`([^`]+)`")
_HEREDOC = re.compile(r"<<'(\w+)'")


@dataclass(frozen=True)
class Block:
    """A fenced block: where it stands, under which heading, what it is, and its text."""

    file: Path
    line: int
    section: str
    language: str
    text: str

    @property
    def where(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True)
class Command:
    """A command line that a document shows, in a block or within a sentence."""

    where: str
    text: str
    in_block: bool

    @property
    def ours(self) -> bool:
        return self.text.startswith(tuple(f"{name} " for name in OURS)) or self.text in OURS


def files() -> list[Path]:
    """Return the documents, the README first."""
    return [README, *sorted((ROOT / "docs").glob("*.md"))]


def blocks(file: Path) -> list[Block]:
    """Return the fenced blocks of a document, in order."""
    found: list[Block] = []
    section, begun, taken = "", None, []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        fence = _FENCE.fullmatch(line)
        if begun is None and line.startswith("#"):
            section = line.lstrip("# ")
        elif fence and begun is None:
            begun, taken = (number, fence["language"]), []
        elif fence and begun:
            text = textwrap.dedent("\n".join(taken)) + "\n"
            found.append(Block(file, begun[0], section, begun[1], text))
            begun = None
        elif begun:
            taken.append(line)
    assert begun is None, f"{file}: the block of line {begun} does not end"
    return found


def lines(text: str) -> list[str]:
    """Return the commands of a shell text: continued lines joined, comments and here-documents left out."""
    found: list[str] = []
    end = ""
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        if end:
            end = "" if line == end else end
        elif line.strip() and not line.lstrip().startswith("#"):
            found.append(re.sub(r"\s+# .*$", "", line).strip())
            end = here[1] if (here := _HEREDOC.search(line)) else ""
    return found


def commands(file: Path) -> Iterator[Command]:
    """Yield the command lines of a document in the order in which they stand."""
    inside = ""
    shell = {block.line: block for block in blocks(file) if block.language == "sh"}
    prose = ""
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        where = f"{file.relative_to(ROOT)}:{number}"
        if _FENCE.fullmatch(line):
            yield from _spans(where, prose)
            prose, inside = "", "" if inside else line
            if number in shell:
                yield from (Command(where, text, True) for text in lines(shell[number].text))
        elif not inside:
            prose += f"\n{line}"
            if not line.strip():
                yield from _spans(where, prose)
                prose = ""
    yield from _spans(f"{file.relative_to(ROOT)}:end", prose)


def _spans(where: str, prose: str) -> Iterator[Command]:
    for span in _SPAN.findall(prose):
        text = " ".join(span.split())
        if text.partition(" ")[0] in ("gonogo", "pytest", "make") or text.startswith(
            "python -m gonogo.deploy"
        ):
            yield Command(where, text, False)


def run_by(block: Block) -> str:
    """Return the name of the test in tests/lab/test_docs*.py that runs a shell block; empty: none does."""
    name = block.file.relative_to(ROOT).as_posix()
    if name == "docs/ssh-and-environment.md":
        return "test_variables_cross_as_the_document_says"
    if (name, block.section) == ("docs/runbook.md", BY_HAND):
        return "test_going_back_by_hand"
    if name == "docs/password.md":
        return "test_changing_the_password"
    if (name, block.section) == ("docs/runbook.md", TAKEN_OFF):
        return "test_taking_gonogo_off"
    whose = [text for text in lines(block.text) if not Command("", text, True).ours]
    if all(text.startswith(("make ", "python -m tests.")) for text in whose):
        return "test_what_the_documents_show"
    return "test_what_the_documents_show" if name == "README.md" and all(map(_beside, whose)) else ""


def _beside(text: str) -> bool:
    """Whether a command is one of those that a new user types beside ours."""
    return text.startswith(("ssh you@server ", "git add gonogo "))
