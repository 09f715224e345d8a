"""The Makefile: every target that a document, a workflow or `make help` shows runs what is promised of it."""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import lab.__main__
import tests.faults.__main__
from gonogo.deploy.errors import GonogoError
from lab import demo, engine
from lab.stack import release
from tests import documents
from tests.documents import ROOT
from tests.unit.checking import parser_of

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"(?m)^\.PHONY: (.*)$", MAKEFILE)[0].split())
HELP = "demo test unit lint engines bench faults offline preflight verify clean"
LINT = ("ruff check .", "ruff format --check .", "mypy")
UNIT = tuple(
    f"python -m pytest -q tests/unit/{first}" for first in ("checks", "host ", "availability ", "cli ")
)
LAB = ("python -m lab prepare", "python -m pytest tests/faults tests/incidents tests/lab tests/mongo ")
BENCHES = (
    "",
    ".size",
    ".redaction",
    ".data_fingerprint",
    ".data_backup",
    ".data_line",
    ".data_restore",
    ".data_server",
    ".data_memory",
    ".transfer",
)
RUNS: dict[str, tuple[str, ...]] = {
    "help": tuple(f'echo "make {name} ' for name in HELP.split()),
    "offline": ("python -m pytest checks/preflight -m offline",),
    "preflight": ("python -m pytest checks/preflight",),
    "verify": ("python -m pytest checks/verify",),
    "demo": ("python -m lab demo",),
    "lint": LINT,
    "unit": UNIT,
    "lab-test": LAB,
    "test": (*LINT, *UNIT, *LAB),
    "bench": (
        "python -m lab prepare",
        "for each in . .size. .redaction. .data_fingerprint. .data_backup. .data_line. .data_restore. "
        ".data_server. .data_memory. .transfer.",
    ),
    "engines": ("python -m lab prepare", "python -m pytest tests/lab/test_methods_deploy.py"),
    "faults": ("python -m lab prepare", "python -m tests.faults --runs 200 --hosts 1"),
    "clean": (
        ".venv/bin/python -m lab down --all",
        f'"^{demo.HEADER.partition(",")[0]}" deploy/targets/',
        "rm -rf .venv ",
    ),
}
"""What begins a line of the dry run, or stands in it, in this order."""


@cache
def dry(*words: str) -> str:
    """What make would run, continued lines joined, whatever variables this shell has."""
    argv = ["make", "--no-print-directory", "-n", "-o", ".venv/.ready", *words]
    done = subprocess.run(
        argv, cwd=ROOT, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{shlex.join(argv)}: {done.stderr}"
    return re.sub(r"[ \\]*\\\n\s*| +", " ", done.stdout)


def shown() -> Iterator[tuple[str, list[str]]]:
    """Where a make command stands, and its words."""
    for file in documents.files():
        for command in documents.commands(file):
            if command.text.startswith("make "):
                yield command.where, shlex.split(command.text)[1:]
    for name in (".ci/run", ".github/workflows/test.yml", ".github/pull_request_template.md"):
        for text in re.findall(r"\bmake ([a-z][a-z -]*)", (ROOT / name).read_text(encoding="utf-8")):
            yield name, text.split()
    yield "the demo's last lines", demo.TRY[-1].split()[1:]


def test_every_target_that_is_shown_runs_what_is_promised() -> None:
    assert RUNS.keys() == TARGETS
    seen = set()
    for where, words in shown():
        for name in (word for word in words if "=" not in word):
            assert name in RUNS, f"{where}: make {name}"
            seen.add(name)
        variables = [word.partition("=") for word in words if "=" in word]
        text = dry(*words)
        assert [value for _, _, value in variables if value not in text] == [], f"{where}: {words}"
    assert {"demo", "test", "clean", "bench", "faults", "lint", "unit", "lab-test", "offline"} <= seen
    for name, promised in RUNS.items():
        rest = dry(name)
        for part in promised:
            assert part in rest, f"make {name}: {part}\n{dry(name)}"
            rest = rest[rest.index(part) + len(part) :]
    told = re.findall(r"\b([A-Z]+)=", dry("help"))
    assert set(told) == set(re.findall(r"\$\((?:if|or) \$\(([A-Z]+)\)", MAKEFILE))


def test_each_unit_test_is_run_once() -> None:
    parts = [
        ROOT / path for line in re.findall(r"pytest -q (tests/unit.*)", dry("unit")) for path in line.split()
    ]
    for file in (ROOT / "tests/unit").rglob("test_*.py"):
        assert sum(part == file or part in file.parents for part in parts) == 1, file


def test_what_the_recipes_run_is_understood(
    monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    def faults(words: list[str]) -> argparse.Namespace:
        monkeypatch.setattr(sys, "argv", ["faults", *words])
        return tests.faults.__main__._options()

    variables = ["DEMO=b", "RUNS=3", "SEED=7", "HOSTS=2", "TARGET=x.toml"]
    ran = re.findall(r"(?m)python -m ([\w.]+)(.*?)(?:;.*)?$", dry(*RUNS, *variables))
    given: dict[str, list[argparse.Namespace]] = {}
    for module, rest in ran:
        words = shlex.split(rest)
        if module == "pytest":
            found, unknown = parser_of(pytestconfig).parse_known_and_unknown_args(words)
            assert unknown == []
            assert all((ROOT / path).exists() for path in found.file_or_dir)
        elif module in ("lab", "tests.faults"):
            read = lab.__main__._parser().parse_args if module == "lab" else faults
            given.setdefault(module, []).append(read(words))
    (campaign,) = given["tests.faults"]
    assert (campaign.runs, campaign.seed, campaign.hosts) == (3, 7, 2)
    assert [one.name for one in given["lab"] if one.command == "demo"] == ["b"]
    assert [one.all for one in given["lab"] if one.command == "down"] == [True]
    assert sum(module == "pytest" for module, _ in ran) == 9
    assert all(importlib.util.find_spec(f"tests.benchmarks{name}") for name in BENCHES)
    with pytest.raises(SystemExit):
        lab.__main__._parser().parse_args(["demo", "--nonsense"])


@pytest.mark.parametrize(
    ("raised", "status", "said"),
    [(KeyboardInterrupt(), 130, "lab: interrupted\n"), (GonogoError("no engine"), 3, "lab: no engine\n")],
)
def test_what_ends_the_lab_is_one_sentence(
    raised: BaseException,
    status: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def end(_: str) -> None:
        raise raised

    monkeypatch.setattr(sys, "argv", ["lab", "demo"])
    monkeypatch.setattr(demo, "main", end)
    assert lab.__main__.main() == status
    assert capsys.readouterr().err == said


def test_a_compose_plugin_of_the_user_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = tmp_path / "cli-plugins" / "docker-compose"
    plugin.parent.mkdir()
    plugin.write_text("theirs")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    for version, enough in (("2.24.6+ds1-0ubuntu2", False), ("v2.35.0", True), ("5.6.1", True), ("", False)):
        monkeypatch.setattr(engine, "_compose_version", lambda version=version: version)
        assert engine._compose_is_recent() == enough, version
    monkeypatch.setattr(engine, "_compose_version", lambda: "2.24.6")
    with pytest.raises(
        GonogoError, match=r"Compose 2\.24\.6 in .* is too old: put version 2\.35 or later there"
    ):
        engine._install_compose()
    assert plugin.read_text() == "theirs"


def test_a_release_of_the_stack_is_committed_whatever_git_does_for_its_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "gitconfig"
    own.write_text("[commit]\ngpgsign = true\n[gpg]\nprogram = false\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(own))
    folder = release.checkout(tmp_path / "chat", "v1")
    log = ["git", "-C", str(folder), "log", "--format=%s %an"]
    assert subprocess.run(log, capture_output=True, text=True, check=True).stdout == "Release v1 lab\n"
