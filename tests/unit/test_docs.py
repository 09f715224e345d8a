"""What the README and docs/ show is true: commands, options, targets of make, target files, links, checks."""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import re
import shlex
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from gonogo.checks.plugin import catalogue
from gonogo.deploy.cli.app import CODES, app
from gonogo.deploy.target.target_file import parse
from tests import checks, documents, harness
from tests.documents import ROOT, Command
from tests.faults.campaign import scenarios
from tests.unit.checking import parser_of

FILES = documents.files()
BLOCKS = [block for file in FILES for block in documents.blocks(file)]
COMMANDS = [command for file in FILES for command in documents.commands(file)]
DATA = {"text", "sshd_config", "dockerfile", "pycon"}
LEAST = {"host": "local", "path": "/srv/shop", "project": "shop", "compose_files": ["compose.yaml"]}
ENTRY: Any = typer.main.get_command(app)
# Newer versions of typer hold click, older ones have it beside them.
CORE = next(kind.__module__ for kind in type(ENTRY).__mro__ if kind.__name__ == "Command")
Context: Any = importlib.import_module(CORE).Context
errors: Any = importlib.import_module(CORE.replace(".core", ".exceptions"))
INCIDENTS = (ROOT / "docs" / "incidents.md").read_text(encoding="utf-8")


def words(command: Command) -> list[str]:
    """The words of a command up to a pipe or a redirection; none where it only names a command."""
    if re.search(r"[…|]", command.text) or not (command.ours or command.text.startswith("make ")):
        return []
    split = shlex.split(command.text)
    return split[: next((at for at, word in enumerate(split) if word[0] in "<>"), len(split))]


def parsed(arguments: list[str]) -> None:
    """Let the real command line read the arguments, and do nothing; raises click's UsageError."""
    found: Any = ENTRY
    with Context(ENTRY, info_name="gonogo") as context:
        while hasattr(found, "commands") and arguments and not arguments[0].startswith("-"):
            _, found, arguments = found.resolve_command(context, arguments)
        found.make_context("gonogo", arguments, parent=context, resilient_parsing=not arguments)


def test_every_command_of_gonogo_is_understood_by_the_command_line() -> None:
    seen = 0
    for command in COMMANDS:
        split = words(command)
        begin = 1 if split[:1] == ["gonogo"] else 3 if split[:3] == ["python", "-m", "gonogo.deploy"] else 0
        if begin:
            seen += 1
            try:
                parsed(split[begin:])
            except typer.Exit:
                continue
            except errors.MissingParameter:
                assert not command.in_block, f"{command.where}: {command.text}"
            except errors.UsageError as error:
                raise AssertionError(f"{command.where}: {command.text}: {error.format_message()}") from None
    assert seen > 30
    with pytest.raises(errors.UsageError):
        parsed(["deploy", "shop", "--force"])


def test_every_command_of_pytest_has_known_options_and_paths(pytestconfig: pytest.Config) -> None:
    parser = parser_of(pytestconfig)

    def unknown(arguments: list[str]) -> list[str]:
        return parser.parse_known_and_unknown_args(arguments, argparse.Namespace())[1]

    seen = 0
    for command in COMMANDS:
        split = words(command)
        if split[:1] == ["pytest"]:
            seen += 1
            assert unknown(split[1:]) == [], f"{command.where}: {command.text}"
            paths = [word for word in split[1:] if word.startswith("checks/")]
            assert all((ROOT / path).exists() for path in paths), f"{command.where}: {command.text}"
    assert seen > 3
    assert unknown(["--targett=shop"]) == ["--targett=shop"]


def test_every_target_of_make_is_there() -> None:
    there = set(re.findall(r"(?m)^([a-z][\w-]*):", (ROOT / "Makefile").read_text()))
    shown = {words(command)[1] for command in COMMANDS if command.text.startswith("make ")}
    assert {"demo", "test", "clean"} <= shown
    assert shown - there == set()


def test_every_program_of_the_tests_knows_the_options_that_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = [command.text for command in COMMANDS if command.text.startswith("python -m tests.")]
    assert shown
    harm = {(one.fault, one.step) for one in scenarios(1, 200)}
    for text in shown:
        words = shlex.split(text)
        program = importlib.import_module(f"{words[2]}.__main__")
        monkeypatch.setattr(sys, "argv", words[2:])
        given = program._options()
        assert not given.fault or (given.fault, given.step) in harm, text


def test_every_fault_of_the_campaign_is_in_its_document() -> None:
    rows = re.findall(r"(?m)^\| (`.*?) \|", (ROOT / "docs" / "faults.md").read_text())
    told = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert told == {one.fault or one.release for one in scenarios(1, 400)}


def test_every_block_is_what_it_says_it_is() -> None:
    for block in BLOCKS:
        if block.language == "toml":
            parse({**LEAST, **tomllib.loads(block.text)}, Path("shop.toml"))
        elif block.language == "python":
            ast.parse(block.text, block.where)
        elif block.language == "json":
            for line in block.text.splitlines() if block.text.count("\n{") else [block.text]:
                json.loads(line)
        elif block.language in ("yaml", "yml"):
            assert yaml.safe_load(block.text), block.where
        else:
            assert block.language in {"sh", *DATA}, f"{block.where}: a block of unknown kind"


def test_every_shell_block_is_run_by_a_test() -> None:
    lab = "".join(file.read_text() for file in (ROOT / "tests" / "lab").glob("test_docs*.py"))
    shell = [block for block in BLOCKS if block.language == "sh"]
    assert len(shell) > 20
    for block in shell:
        name = documents.run_by(block)
        assert name, f"{block.where}: no test runs this block: {block.text}"
        assert f"def {name}(" in lab, name


def test_every_link_leads_somewhere_and_every_document_is_linked() -> None:
    linked: set[Path] = set()
    for file in FILES:
        for link in re.findall(r"\]\(([^)]+)\)", file.read_text(encoding="utf-8")):
            if not link.startswith("http"):
                to = (file.parent / link.partition("#")[0]).resolve()
                assert to.exists(), f"{file.name}: {link}"
                linked.add(to)
    assert set(FILES) - linked <= {documents.README}


def test_the_layout_in_the_readme_is_the_one_of_the_repository() -> None:
    (layout,) = (block.text for block in BLOCKS if block.section == "Repository layout")
    named = [name for line in layout.splitlines() for name in line.partition("  ")[0].split(", ")]
    assert [name for name in named if not (ROOT / name).exists()] == []
    tests = next(line for line in layout.splitlines() if line.startswith("tests/"))
    assert all((ROOT / "tests" / name).is_dir() for name in re.findall(r"(\w+)/", tests)[1:])
    folders = {f"{one.name}/" for one in ROOT.iterdir() if (one / "__init__.py").exists()}
    assert {*folders, "docs/"} <= set(named)
    assert len(layout.splitlines()) <= 10


def test_every_check_is_in_its_page_as_it_is() -> None:
    assert checks.PAGE.read_text(encoding="utf-8") == checks.page(), "run `python -m tests.checks`"
    for suite in ("preflight", "verify"):
        assert {row.split("`")[1] for row in checks.rows(suite)} == set(harness.ids(suite))


def test_every_package_is_in_the_architecture() -> None:
    architecture = (ROOT / "docs" / "architecture.md").read_text()
    for package in (ROOT / "deploy").glob("*/__init__.py"):
        assert f"`deploy/{package.parent.name}/`" in architecture, package


def test_every_package_is_installed() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    roots = (ROOT / name for name in ("checks", "deploy", "reports"))
    found = [file.parent for root in roots for file in root.rglob("__init__.py")]
    names = [folder.relative_to(ROOT).as_posix().replace("/", ".") for folder in found]
    assert sorted(told) == sorted(["gonogo", *(f"gonogo.{name}" for name in names)])


def test_the_incidents_name_every_check_that_names_them_and_tests_that_are_there() -> None:
    reasons: dict[str, set[str]] = {}
    for file in sorted((ROOT / "checks").glob("*/test_*.py")):
        for name, rest in re.findall(r'mark\.check\(\s*"([^"]+)"(.*?)\n\)', file.read_text(), re.DOTALL):
            for incident in re.findall(r"\b([DL]\d+)\b", rest):
                reasons.setdefault(incident, set()).add(name)
    tests = "\n".join(file.read_text() for file in (ROOT / "tests" / "incidents").glob("test_*.py"))
    rows = dict(re.findall(r"(?m)^\| ([DL]\d+) \| (.*)$", INCIDENTS))
    assert len(rows) == 14
    for incident, row in rows.items():
        named = set(re.findall(r"`([a-z]+\.[a-z_]+)`", row))
        assert named <= catalogue.ids(), f"{incident}: {named - catalogue.ids()} are no checks"
        assert reasons.get(incident, set()) <= named, f"{incident}: {reasons[incident] - named} not named"
        assert f"def test_{incident.lower()}_" in tests
        assert all((ROOT / path).exists() for path in re.findall(r"`(tests/[\w/.]+)`", row))


def test_every_exit_status_is_in_its_page_and_the_runbook() -> None:
    codes = re.findall(r"(\d+) [a-z]", CODES)
    assert len(codes) == 8
    for file in (ROOT / "docs" / "exit-codes.md", ROOT / "docs" / "runbook.md"):
        assert re.findall(r"(?m)^\| (\d+) \|", file.read_text()) == codes, file


def test_the_numbers_of_checks_in_the_readme_are_right() -> None:
    told = re.search(r"(\d+) before a deployment, (\d+) after it", documents.README.read_text())
    assert told
    found = []
    for suite in ("preflight", "verify"):
        marked = [file.read_text() for file in (ROOT / "checks" / suite).glob("test_*.py")]
        found.append(sum(text.count("@pytest.mark.check(") for text in marked))
    assert [int(number) for number in told.groups()] == found
