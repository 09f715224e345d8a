"""`make demo` in a clone; what it proposes in the end, typed as it stands there, down to `make clean`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.docker import run
from tests.lab.newcomer import copied

pytestmark = pytest.mark.lab
NAME = f"t-demo-{os.getpid()}"


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    """The project in a folder of its own, as somebody has it who cloned it; its lab is removed afterwards."""
    folder = tmp_path / "gonogo"  # as Python knows it
    copied(folder, "lab")
    yield folder
    typed(folder, f"'{sys.executable}' -m lab down --all")


def typed(clone: Path, text: str) -> tuple[int, str]:
    """Type shell text in the clone's folder; returns its exit status and what it printed."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GONOGO_")}
    done = subprocess.run(
        ["bash", "-c", text],
        cwd=clone,
        env=own | {"PYTHONPATH": str(clone.parent), "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout.decode(errors="replace")


def left(clone: Path) -> list[str]:
    """What lies in the clone of hosts and of target files."""
    found = [clone / ".lab", *(clone / ".lab").glob("*"), *(clone / "deploy" / "targets").glob("*.toml")]
    return sorted(file.relative_to(clone).as_posix() for file in found if file.exists())


def test_the_demo_and_what_it_proposes(clone: Path) -> None:
    status, output = typed(clone, f"make demo DEMO={NAME}")
    assert status == 0, output
    assert "lab: the data is intact: 5/20/36/36 documents" in output
    assert len(list((clone / "reports" / "published" / NAME).glob("*/index.html"))) == 2
    assert {f".lab/{NAME}", f"deploy/targets/{NAME}.toml"} <= set(left(clone))

    *lines, last = [
        line.removeprefix("lab:   ") for line in output.splitlines() if line.startswith("lab:   ")
    ]
    assert last == "make clean"
    status, output = typed(clone, "\n".join(["set -e", *lines]))
    assert status == 0, output
    assert output.count("\nGO") == 2, output

    for _ in range(2):
        status, output = typed(clone, last)
        assert status == 0, output
        assert left(clone) == [".lab", ".lab/cache", "deploy/targets/example.toml"]
        assert not (clone / ".venv").exists()
    assert run(["docker", "container", "inspect", f"gonogo-lab-{NAME}"]).returncode != 0
    assert Path(sys.prefix, "bin", "python").exists(), "the environment that runs this was only linked"
