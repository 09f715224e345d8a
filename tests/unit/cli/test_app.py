"""The command line: what each command passes on, what is completed, and how it ends when all goes wrong."""

from __future__ import annotations

import functools
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer

from gonogo.deploy import runner
from gonogo.deploy.cli import app as cli
from gonogo.deploy.cli import completion, suites
from gonogo.deploy.cli.errors import code_of
from gonogo.deploy.errors import GonogoError, UsageError
from gonogo.deploy.redaction import tracebacks
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release import versions
from gonogo.deploy.steps.suites import ROOT
from gonogo.deploy.target import workspace
from tests.unit import mutations
from tests.unit.releases import release


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The arguments of every pytest that was started, without the interpreter."""
    found: list[list[str]] = []

    def run(argv: list[str], **_: Any) -> subprocess.CompletedProcess[bytes]:
        rest = argv[argv.index(str(ROOT)) + 1 :]
        found.append(rest[2:] if rest[:2] == ["-o", f"cache_dir={workspace.cache()}"] else rest)
        return subprocess.CompletedProcess(argv, 7)

    monkeypatch.setattr(suites.subprocess, "run", run)
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "shop.toml"
    file.write_text(
        'host = "local"\npath = "/srv/shop"\nproject = "shop"\ncompose_files = ["compose.yaml"]\n'
    )
    return file


@functools.cache
def command() -> Any:
    """The command line, as typer makes it of the app anew at every call."""
    return typer.main.get_command(cli.app)


def code(*arguments: str) -> int:
    return int(command()(list(arguments), standalone_mode=False) or 0)


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
    options = ["--strict", "--skip-build", "--version", "1.4.2", "--quiet", "--reports", "/nowhere"]
    assert code(*command, str(file), *options) == 1
    wanted = {"skip_build": True, "strict": True, "version": "1.4.2", "published": Path("/nowhere")}
    assert heard == [(work, {**wanted, "confirm": None} if work == "deploy" else wanted)]


def test_without_a_terminal_nothing_is_deployed_unasked(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "deploy", lambda *_, **__: pytest.fail("it was deployed"))
    with pytest.raises(UsageError, match="use --yes"):
        code("deploy", str(file))


def test_versions_that_are_names_and_those_that_are_none(file: Path) -> None:
    for good in ("1.4.2", "v1", "8d03f5a-20260131-080559-dirty", "_x", "A" * 128):
        assert versions.version(good) == good
    for bad in ("", "-rf", ".", "..", "a/b", "a b", "$(x)", "a\nb", "ü", "a:b", "A" * 129, "1.4.2\n"):
        with pytest.raises(UsageError, match="cannot name a version: expected what can be an image's tag"):
            versions.version(bad)
    for taken in ("latest", "rollback-1", "resume-x", "adopted-20260131-080559"):
        with pytest.raises(UsageError, match=r"give (one such as|another)"):
            versions.version(taken)
    for given in ("a/b", ""):  # as a variable of a pipeline may be, which somebody forgot to set
        with pytest.raises(UsageError, match="cannot name a version"):
            code("deploy", str(file), "--yes", "--version", given)


def test_every_command_has_an_example_and_fits_a_narrow_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    reports = [["report", name] for name in ("open", "publish")]
    for words in ([], *([name] for name in cli.COMMANDS), *reports):
        command()([*words, "--help"], prog_name="gonogo", standalone_mode=False, terminal_width=40)
        text = capsys.readouterr().out
        assert f"gonogo {' '.join(words)}" in " ".join(text.partition("Example")[2].split()), words
        assert [line for line in text.splitlines() if len(line) > 40 or not line.isprintable()] == [], words


def test_what_is_completed_lies_on_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gonogo").mkdir()
    for name in ("shop", "show", "chat"):
        (tmp_path / "gonogo" / f"{name}.toml").touch()
    monkeypatch.chdir(tmp_path)
    assert completion.targets("sho") == ["shop", "show"]
    assert completion.targets("") == ["chat", "shop", "show"]
    for age, version in enumerate(("v3", "v2", "rollback-20260131-080559", "w1")):
        folder = tmp_path / "reports" / "shop" / version
        folder.mkdir(parents=True)
        (folder / "release.json").touch()
        os.utime(folder / "release.json", (1000 - age, 1000 - age))

    class Context:
        params: dict[str, Any] = {"target": "/etc/shop.toml", "reports": tmp_path / "reports"}  # noqa: RUF012

    context: Any = Context()
    assert completion.versions(context, "") == ["v3", "v2", "w1"]
    assert completion.versions(context, "w") == ["w1"]
    context.params["target"] = None
    assert completion.versions(context, "") == [], "which of the three targets is meant?"
    assert completion.backups("l") == ["latest"]


def test_a_shell_is_told_what_it_completes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_GONOGO_COMPLETE", "complete_bash")
    for words, wanted in (("gonogo rol", ["rollback"]), ("gonogo deploy exa", []), ("gonogo x", [])):
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
        with pytest.raises(SystemExit):
            command()([], prog_name="gonogo")
        assert capsys.readouterr().out.split() == wanted


SECRET = "s3cr3t-of-the-shop"


def fails(error: BaseException) -> Any:
    def command() -> None:
        redactor = Redactor([SECRET])  # as a run has one, while it lasts
        assert redactor
        raise error

    return command


def test_an_error_is_one_sentence_and_its_traceback_is_for_who_asks(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows: list[tuple[BaseException, int, str]] = [
        (GonogoError(f"no way \x1b[31mwith {SECRET}"), 3, "gonogo: no way with [redacted]\n"),
        (UsageError("which target?"), 2, "gonogo: which target?\n"),
        (KeyboardInterrupt(), 130, "gonogo: interrupted\n"),
        (KeyError(SECRET), 130, "gonogo: an internal error (KeyError: '[redacted]', at test_app.py:"),
    ]
    for wanted in (False, True):
        monkeypatch.setenv(tracebacks.VARIABLE, "1" if wanted else "0")
        for error, exit_code, told in rows:
            assert code_of(fails(error), as_json=True) == exit_code
            out, err = capsys.readouterr()
            shown = wanted and not isinstance(error, KeyboardInterrupt)
            assert ("Traceback (most recent call last)" in err) is shown
            assert told in err and SECRET not in out + err
            event = json.loads(out)
            assert (event["event"], event["exit_code"]) == ("error", exit_code)
            assert event["message"] in err.replace("\x1b[31m", "") or "\x1b" in event["message"]
    assert "--debug shows more" not in err


def test_debug_may_stand_anywhere_before_the_end_of_options() -> None:
    assert cli.hoisted(["deploy", "shop", "--debug", "--yes"]) == ["--debug", "deploy", "shop", "--yes"]
    assert cli.hoisted(["deploy", "--", "--debug"]) == ["deploy", "--", "--debug"]
    assert cli.hoisted(["status"]) == ["status"]
