"""The offline mode: nothing is connected to, what the repository tells is judged, the rest is blocked."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from gonogo.checks.plugin import columns, early
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.offline import OfflineRelease
from gonogo.deploy.target.target_file import load
from gonogo.reports.model import CheckResult, Evidence
from tests import harness
from tests.unit.checking import PASSING, QUICK, ROOT, Checks
from tests.unit.waiting import until

pytest_plugins = ["pytester"]

COMPOSE = """
services:
  api:
    image: shop-api:${TAG:-latest}
    build: {context: ./api, target: production}
    environment: {TOKEN: "${TOKEN:?}", NODE_ENV: production}
  cache: {image: "redis:7"}
"""
TARGET = 'host = "ssh://deploy@127.0.0.1:1"\npath = "/srv/shop"\nproject = "shop"\nsource = "shop"\n'
FILES = {
    "compose.yaml": COMPOSE,
    "api/Dockerfile": "FROM python AS production\nCMD python -m shop\n",
    ".env.example": "# what the shop needs\nTOKEN=change-me\n",
}
FAULTS = {
    "compose.yaml": COMPOSE.replace("target: production", "target: dev") + "  web: {build: ./web}\n",
    "api/Dockerfile": "FROM python AS dev\n",
    ".env.example": "TOKEN='9fK2mQ8vXw4LrT7bZc1Y'\nnot a variable\n",
    ".env": "TOKEN=9fK2mQ8vXw4LrT7bZc1Y\n",
    "compose.override.yaml": "services: {}\n",
}


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with all there is on PATH: git, and an ssh that writes down that it was called."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").symlink_to(shutil.which("git") or "git")
    (folder / "ssh").write_text(f"#!/bin/sh\necho called >> {folder}/log\nexit 255\n")
    (folder / "ssh").chmod(0o700)
    monkeypatch.setenv("PATH", str(folder))
    return folder


def repository(folder: Path, files: dict[str, str], target: str = "", committed: bool = True) -> Path:
    """Return a target file beside a repository of these files."""
    for name, text in files.items():
        (folder / "shop" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "shop" / name).write_text(text)
    git = ["git", "-C", str(folder / "shop"), "-c", "user.name=a", "-c", "user.email=a@localhost"]
    words = (["init", "-qb", "main"], ["add", "-A"], ["commit", "-qm", "All of it"])
    for more in words if committed else words[:2]:
        subprocess.run([*git, *more], check=True)
    file = folder / "shop.toml"
    file.write_text(TARGET + (target or 'compose_files = ["compose.yaml"]\n'))
    return file


OFFLINE = {
    check.id
    for check, function in harness.functions("preflight")
    if any(mark.name == "offline" for mark in function.pytestmark)
}


def judged(file: Path) -> dict[str, CheckResult]:
    """What the checks of a repository find, without a pytest around them."""
    target = load(file)
    return harness.run(target, OfflineRelease(target, Redactor()), only=OFFLINE, offline=True)


def of(found: dict[str, CheckResult], status: str) -> set[str]:
    return {id_ for id_, one in found.items() if one.status == status}


def test_the_command_as_it_is_typed_finds_a_repository_go_and_starts_no_ssh(
    bare: Path, tmp_path: Path
) -> None:
    file = repository(tmp_path, FILES)
    (tmp_path / "shop" / "new.txt").touch()
    xml, html = tmp_path / "junit.xml", tmp_path / "report.html"
    typed = ["-m", "pytest", "checks/preflight", "-m", "offline", "--target", str(file)]
    shown = (f"--junitxml={xml}", f"--html={html}", "--self-contained-html")
    done = subprocess.run(
        [sys.executable, *typed, *shown, *QUICK], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    for line in (
        "offline: only the repository was looked at, and no connection was opened\n",
        "WARNING  git.clean: found changed: new.txt; ",
        "GO, as far as the repository tells: 8 passed, 1 with a warning, 3 not applicable\n",
    ):
        assert line in done.stdout
    assert not (bare / "log").exists()
    told = {
        case.get("name"): {one.get("name"): one.get("value") or "" for one in case.iter("property")}
        for case in ElementTree.parse(xml).iter("testcase")
    }
    stage, clean = told["test_images_target"], told["test_git_clean"]
    assert (stage["check"], stage["severity"], stage["status"]) == ("images.target", "error", "passed")
    assert "docker compose is not on this machine: what it would refuse" in stage["evidence"]
    assert "not looked at: the env file on the target" in stage["evidence"]
    assert (clean["found"], clean["status"]) == ("changed: new.txt", "warning")
    assert clean["fix"].startswith("Commit or stash these changes")
    page = html.read_text()
    for words in ("Severity", "Evidence", "images.target", "not looked at: the env file", "Commit or stash"):
        assert words in page


def test_each_fault_of_a_repository_is_told_by_its_check(bare: Path, tmp_path: Path) -> None:
    waiver = '[[waivers]]\ncheck = "ports.fre"\nreason = "known since spring"\nuntil = 2020-01-01\n'
    target = f'compose_files = ["compose.yaml"]\nsmoke.files = ["none.py"]\n{waiver}'
    file = repository(tmp_path, {**FILES, **FAULTS}, target)
    found = judged(file)
    assert of(found, "failed") == {
        "environment.example",
        "environment.secrets",
        "images.present",
        "images.target",
        "smoke.present",
        "waivers.valid",
    }
    assert of(found, "warning") == {"compose.reproducible"}
    said = {id_: one.message for id_, one in found.items()}
    assert "the value of TOKEN looks like a real secret" in said["environment.example"]
    assert "did you mean ports.free" in said["waivers.valid"]
    assert "api is built with the stage dev" in said["images.target"]
    assert "web: its build context" in said["images.present"]
    assert ".env in" in said["environment.secrets"]
    assert "9fK2mQ8vXw4LrT7bZc1Y" not in str(found)


def test_what_cannot_be_judged_here_is_blocked_in_one_sentence(bare: Path, tmp_path: Path) -> None:
    file = repository(tmp_path, {**FILES, "more.yaml": "services: {}\n"}, committed=False)
    file.write_text(TARGET + 'compose_files = ["compose.yaml", "more.yaml"]\n')
    found = judged(file)
    assert of(found, "failed") == set()
    why = "blocked by offline: 2 compose files need docker compose: install it where this runs"
    for id_ in ("compose.files", "compose.resolves", "images.target", "environment.example"):
        assert found[id_].message == why
    file.write_text(TARGET + 'compose_files = ["compose.yaml"]\n')
    (tmp_path / "shop" / ".env.example").unlink()
    found = judged(file)
    assert of(found, "failed") == {"environment.example"}
    assert found["environment.example"].message.endswith("expected an env example that gives TOKEN")
    assert of(found, "blocked") == {
        "compose.resolves",
        "compose.images_named",
        "images.present",
        "images.target",
    }
    (tmp_path / "shop" / "compose.yaml").write_text("services: [\n")
    found = judged(file)
    assert of(found, "failed") == {"compose.files"}
    assert "is not YAML" in found["compose.files"].message


ASKING = (
    '@pytest.mark.offline{}\n@pytest.mark.check("own.asks")\ndef test_asks(host):\n    host.run("true")\n\n\n'
)


def test_own_checks_take_part_by_their_marker_and_can_ask_no_target(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, bare: Path
) -> None:
    suite = Checks(pytester, monkeypatch)
    suite.target.write_text(TARGET + 'compose_files = ["compose.yaml"]\n')
    done = suite.run(ASKING.format('(without="the rest")') + PASSING, "-m", "offline and not lab")
    assert done.ret == 1
    found = suite.checks()
    assert list(found) == ["own.asks"]
    assert found["own.asks"].message.startswith("blocked by offline: only the repository is looked at")
    assert [one.output for one in found["own.asks"].evidence] == ["not looked at: the rest"]
    assert not (bare / "log").exists()
    (documented,) = re.findall(r"(?ms)^```python\n(.*?)^```", (ROOT / "docs" / "ci.md").read_text())
    (suite.folder / "shop").mkdir()
    (suite.folder / "shop" / "CHANGELOG.md").touch()
    assert suite.run(documented, "-m", "offline").ret == 0
    listed = suite.run(ASKING.format("") + PASSING, "--catalogue").stdout.str()
    assert "own.asks  preflight  error               offline\n" in listed
    assert "own.fine  preflight  error\n" in listed
    assert suite.run(ASKING.format('("x")'), "-m", "offline").ret == pytest.ExitCode.USAGE_ERROR
    refused = suite.run(PASSING, "-m", "offline", "--record", "x")
    assert refused.ret == pytest.ExitCode.USAGE_ERROR
    assert "-m offline looks at the repository alone: leave out --record" in refused.stderr.str()
    # Where any other check is meant as well, the target is asked as always.
    assert suite.run(ASKING.format("") + PASSING, "-m", "offline or not lab").ret == 1
    assert (bare / "log").exists()


def test_the_early_start_begins_nothing(bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = repository(tmp_path, FILES, committed=False)
    line = [str(ROOT / "checks" / "preflight"), "-p", "no:cacheprovider", "--target", str(file)]
    for more in (["-m", "offline"], ["-moffline"], ["-qm", "offline and not x"], ["-qmoffline"]):
        assert early.begin([*line, *more], tmp_path) is None
    for said in ("-m offline", "-q -moffline"):
        monkeypatch.setenv("PYTEST_ADDOPTS", said)
        assert early.begin(line, tmp_path) is None
    assert not (bare / "log").exists()
    monkeypatch.delenv("PYTEST_ADDOPTS")
    begun = early.begin(line, tmp_path)
    assert begun
    until((bare / "log").exists)
    begun.close()


def test_words_of_a_target_are_text_in_the_columns() -> None:
    asked = [Evidence(command="<b>", exit_status=0, output="</pre><script>alert(1)</script>")]
    result = CheckResult(
        id="a.b", suite="preflight", title="t", status="failed", found="<i>", fix="<u>", evidence=asked
    )
    cells = "".join(columns._cells(result))
    assert "<script>" not in cells
    for tag in ("<i>", "<u>", "<b>"):
        assert tag not in cells
    assert "$ &lt;b&gt; [exit 0]\n&lt;/pre&gt;" in cells
