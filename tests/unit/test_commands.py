"""The commands that run pytest: which options they pass on, and what a wrong path is told."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from deploy import cli, runner
from deploy.errors import UsageError
from deploy.suites import ROOT
from tests.unit import mutations
from tests.unit.releases import release


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The arguments of every pytest that was started, without the interpreter."""
    found: list[list[str]] = []

    def run(argv: list[str], **_: Any) -> subprocess.CompletedProcess[bytes]:
        found.append(argv[3:])
        return subprocess.CompletedProcess(argv, 7)

    monkeypatch.setattr(cli.subprocess, "run", run)
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "shop.toml"
    file.write_text(
        'host = "local"\npath = "/srv/shop"\nproject = "shop"\ncompose_files = ["compose.yaml"]\n'
    )
    return file


def code(*arguments: str) -> int:
    return int(cli.app(list(arguments), standalone_mode=False) or 0)


def test_the_suites_with_and_without_strictness(asked: list[list[str]], file: Path) -> None:
    for suite in ("preflight", "verify"):
        folder = str(ROOT / "checks" / suite)
        assert code(suite, str(file)) == 7
        assert asked.pop() == [folder, "--target", str(file)]
        assert code(suite, str(file), "--strict") == 7
        assert asked.pop() == [folder, "--target", str(file), "--strict"]


def test_the_list_of_checks(asked: list[list[str]]) -> None:
    assert code("checks") == 7
    assert asked[0][:3] == [
        str(ROOT / "checks" / "preflight"),
        str(ROOT / "checks" / "verify"),
        "--catalogue",
    ]


def test_a_recording_is_judged_again(asked: list[list[str]], tmp_path: Path) -> None:
    (tmp_path / "preflight.recording.json").write_text(mutations.text())
    assert code("replay", str(tmp_path), "--strict") == 7
    assert asked[0] == [str(ROOT / "checks" / "preflight"), "--replay", str(tmp_path), "--strict"]


@pytest.mark.parametrize(
    ("text", "says"), [(None, "holds no recording"), ("{", "is no recording of this version of gonogo")]
)
def test_what_is_no_recording(asked: list[list[str]], tmp_path: Path, text: str | None, says: str) -> None:
    if text is not None:
        (tmp_path / "preflight.recording.json").write_text(text)
    with pytest.raises(UsageError, match=says):
        code("replay", str(tmp_path))
    assert asked == []


@pytest.mark.parametrize(
    ("command", "work"),
    [(["deploy", "--yes"], "deploy"), (["deploy", "--dry-run"], "plan"), (["plan"], "plan")],
)
def test_a_dry_run_is_a_plan(
    monkeypatch: pytest.MonkeyPatch, file: Path, command: list[str], work: str
) -> None:
    heard: list[tuple[str, dict[str, Any]]] = []
    for name in ("deploy", "plan"):

        def run(target: Any, progress: Any, *, _name: str = name, **given: Any) -> Any:
            heard.append((_name, given))
            return release(exit_code=1)

        monkeypatch.setattr(runner, name, run)
    options = ["--strict", "--skip-build", "--quiet", "--reports", "/nowhere"]
    assert code(*command, str(file), *options) == 1
    wanted = {"skip_build": True, "strict": True, "published": Path("/nowhere")}
    assert heard == [(work, {**wanted, "confirm": None} if work == "deploy" else wanted)]


def test_without_a_terminal_nothing_is_deployed_unasked(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "deploy", lambda *_, **__: pytest.fail("it was deployed"))
    with pytest.raises(UsageError, match="give --yes"):
        code("deploy", str(file))
