"""The wheel in an empty environment, used in a repository that has folders of the same names."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.state import ROOT
from tests.lab.newcomer import Newcomer, newcomer
from tests.lab.test_new_user import COMPOSE, DOCKERFILE, PAGE

pytestmark = pytest.mark.lab
NAME = f"t-wheel-{os.getpid()}"
FOREIGN = "raise SystemExit('a folder of the user was imported')\n"
CHECK = """
def test_the_folder_is_there(host, target):
    \"\"\"The stack's folder is on the server.\"\"\"
    assert host.file(str(target.path)).is_directory
"""
PLAIN = """
import sys


def test_of_the_application():
    assert not {"docker", "pymongo"} & set(sys.modules)
"""
CONFTEST = "def pytest_addoption(parser):\n    parser.addoption('--results')\n"
FILES = {
    "docker-compose.yml": COMPOSE.replace("${GREETING:?}", "good day"),
    "page/page.py": PAGE,
    "page/Dockerfile": DOCKERFILE,
    "deploy/__init__.py": FOREIGN,
    "checks/__init__.py": FOREIGN,
    "reports/__init__.py": FOREIGN,
    "docker/__init__.py": FOREIGN,
    "ops/my_checks.py": CHECK,
    "tests/conftest.py": CONFTEST,
    "tests/test_plain.py": PLAIN,
}


class Installed(Newcomer):
    """Somebody who installed the wheel, and has nothing of the project but that."""

    @property
    def installed(self) -> Path:
        return self.folder / "installed"

    @property
    def environment(self) -> dict[str, str]:
        """Their shell's variables: the environment in which the wheel is comes first."""
        mine = super().environment
        mine["PATH"] = f"{self.folder / 'bin'}:{self.installed / 'bin'}:{mine['PATH']}"
        return {key: value for key, value in mine.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}


@pytest.fixture(scope="module")
def you(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    """The user, with the wheel installed, and with the stack committed."""
    with newcomer(NAME, tmp_path_factory.mktemp("wheel"), Installed) as found:
        shutil.rmtree(found.project)
        install(built(found.folder), found.folder / "installed")
        for name in FILES:
            (found.stack / name).parent.mkdir(parents=True, exist_ok=True)
        found.lay(FILES, "Count visits")
        yield found


def built(folder: Path) -> Path:
    """Build the wheel from a copy of what git knows of the project, and return its path."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / "source" / name)
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "-w", str(folder), str(folder / "source")], check=True)
    shutil.rmtree(folder / "source")
    (wheel,) = folder.glob("gonogo-*.whl")
    return wheel


def install(wheel: Path, into: Path) -> None:
    """Install the wheel into a new environment, with the versions that the project is tested with."""
    locked = re.findall(r"(?m)^[\w.-]+==[\w.]+", (ROOT / ".ci" / "requirements.lock").read_text())
    constraints = into.with_suffix(".txt")
    constraints.write_text("\n".join(locked))
    subprocess.run([sys.executable, "-m", "venv", str(into)], check=True)
    pip = [str(into / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "-c", str(constraints), str(wheel)], check=True)


def typed(you: Newcomer, text: str, at: str = ".", status: int = 0) -> str:
    """Type a command in a folder of the stack; returns what it printed."""
    found, output = you.types(text, you.stack / at)
    assert found == status, f"{text}\n{output}"
    assert "Traceback" not in output, output
    return output


def kept(you: Newcomer) -> set[Path]:
    """The files of the installed package; Python keeps compiled ones beside them."""
    (package,) = (you.folder / "installed" / "lib").glob("*/site-packages/gonogo")
    return {file for file in package.rglob("*") if file.is_file() and "__pycache__" not in file.parts}


def test_the_wheel_in_a_repository_of_ones_own(you: Newcomer) -> None:
    before = kept(you)
    assert typed(you, "gonogo --version") == "gonogo 0.1.0\n"
    assert "ports.free" in typed(you, "gonogo checks")
    refused = typed(you, "gonogo preflight", status=2)
    assert f"there is none in {you.stack / 'gonogo'} yet; `gonogo init` writes one" in refused
    wrote = typed(you, "gonogo init --host ssh://you@server --path /srv/shop")
    assert f"wrote {you.stack / 'gonogo' / 'shop.toml'}: read it, then run `gonogo preflight shop`" in wrote
    typed(you, "git add gonogo && git commit -q -m 'Describe the target'")
    assert "GO: " in typed(you, "gonogo preflight shop", at="page")
    suite = "--pyargs gonogo.checks.preflight ../ops/my_checks.py --target shop"
    for program in ("pytest", "python -m pytest"):
        said = typed(you, f"{program} {suite}", at="page")
        assert re.search(r"(?m)^GO: \d+ passed.*, \d+ not applicable$", said)
    assert "GO: 1 passed" in typed(you, "pytest ops/my_checks.py --target shop")
    wrong = typed(you, "pytest ops/my_checks.py --target shopp", status=4)
    assert "no target is called 'shopp': there are shop; did you mean shop?" in wrong
    assert "1 passed" in typed(you, "pytest tests")
    assert kept(you) == before, "nothing is written where gonogo is installed"


def test_a_first_deployment_from_it(you: Newcomer) -> None:
    if not (you.stack / "gonogo").exists():
        typed(you, "gonogo init --host ssh://you@server --path /srv/shop")
    before = kept(you)
    shutil.rmtree(you.stack / "gonogo" / "reports", ignore_errors=True)  # as with a file written by hand
    output = typed(you, "gonogo deploy shop --yes")
    (page,) = re.findall(r"report: (\S+)", output)
    assert Path(page).is_relative_to(you.stack / "gonogo" / "reports" / "shop")
    assert you.there("curl -fsS http://127.0.0.1:8090/") == "good day 1, first"
    assert "GO: " in typed(you, "gonogo verify shop", at="page")
    assert typed(you, "git status --porcelain -- gonogo/reports") == "", "git ignores the reports"
    assert kept(you) == before
