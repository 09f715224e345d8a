"""The documents for CI: the workflow files are sound, every command in them exists, the table is true."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from gonogo.checks.plugin.options import MARKERS
from gonogo.deploy.cli.app import app
from tests import harness
from tests.unit.checking import ROOT, parser_of

DOCS = ROOT / "docs"
TEXT = (DOCS / "ci.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
GITHUB = (DOCS / "ci" / "github.yml", *sorted((ROOT / ".github" / "workflows").glob("*.yml")))
GITLAB = DOCS / "ci" / "gitlab.yml"
PINNED = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40}")
OURS = ("pytest ", "gonogo ", "make ")
SHOWN = re.compile(r"(?ms)^```sh\n(.*?)^```")


def loaded(file: Path) -> dict[str, Any]:
    raw = yaml.safe_load(file.read_text(encoding="utf-8"))
    # In YAML 1.1 the key `on` is a truth value.
    return {"on" if key is True else key: value for key, value in raw.items()}


def steps(workflow: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job["steps"]


def lines(text: str) -> Iterator[str]:
    yield from (line.strip() for line in text.replace("\\\n", " ").splitlines() if line.strip())


def commands() -> Iterator[str]:
    """Every line of shell in the workflow files, and every command in docs/ci.md."""
    for file in GITHUB:
        for step in steps(loaded(file)):
            yield from lines(step.get("run", ""))
    for job in loaded(GITLAB).values():
        for part in ("before_script", "script"):
            for line in job.get(part, []) if isinstance(job, dict) else []:
                yield from lines(line)
    for block in SHOWN.findall(TEXT):
        yield from lines(block)
    yield from (
        one for one in re.findall(r"`([^`\n]+)`", TEXT) if one.startswith(("pytest ", "gonogo ", "make "))
    )


def judged(words: list[str], config: pytest.Config) -> str:
    """Return what is wrong with a command of ours, in words; empty where nothing is."""
    tool, *rest = words
    if tool == "pytest":
        given, unknown = parser_of(config).parse_known_and_unknown_args(rest)
        known = {line.partition("(")[0].partition(":")[0] for line in (*config.getini("markers"), *MARKERS)}
        wrong = [one for one in unknown if one.startswith("-")]
        places = [one.removeprefix("gonogo.").replace(".", "/") for one in given.file_or_dir]
        wrong += [one for one in places if not (ROOT / one).exists()]
        return ", ".join([*wrong, *(set(re.findall(r"\w+", given.markexpr)) - known)])
    if tool == "make":
        variables = [one.partition("=")[0] for one in rest if "=" in one]
        wrong = [one for one in rest if "=" not in one and not re.search(rf"(?m)^{one}:", MAKEFILE)]
        return ", ".join([*wrong, *(name for name in variables if f"$({name})" not in MAKEFILE)])
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    name, *rest = rest
    if name not in known:
        return name
    options = {one for param in known[name].params for one in (*param.opts, *param.secondary_opts)}
    return ", ".join(one for one in rest if one.startswith("-") and one.partition("=")[0] not in options)


def test_every_command_exists_with_its_options(pytestconfig: pytest.Config) -> None:
    found = [shlex.split(line) for line in commands() if line.startswith(OURS)]
    assert {words[0] for words in found} == {"pytest", "gonogo", "make"}
    assert sum("checks/preflight" in words or "gonogo.checks.preflight" in words for words in found) >= 6
    wrong = {shlex.join(words): said for words in found if (said := judged(words, pytestconfig))}
    assert wrong == {}
    for bad in ("pytest none --tarket x -m online", "make of X=1", "gonogo checks --none", "gonogo none"):
        assert judged(shlex.split(bad), pytestconfig)
    assert (ROOT / ".ci" / "bootstrap").stat().st_mode & 0o111


def test_the_make_targets_are_the_same_commands(pytestconfig: pytest.Config) -> None:
    given = ["TARGET=a b.toml", "JUNIT=x.xml", "HTML=y.html"]
    for name, more in (("offline", ["-m", "offline"]), ("preflight", []), ("verify", [])):
        argv = ["make", "--no-print-directory", "-n", "-o", ".venv/.ready", name, *given]
        done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
        words = shlex.split(done.stdout.splitlines()[-1])
        suite = "verify" if name == "verify" else "preflight"
        asked = ["--target", "a b.toml", "--junitxml=x.xml", "--html=y.html", "--self-contained-html"]
        assert words == ["python", "-m", "pytest", f"checks/{suite}", *more, *asked]
        assert judged(words[2:], pytestconfig) == ""


def test_the_workflows_of_github_are_sound() -> None:
    ours = loaded(GITHUB[0])
    assert {"pull_request", "merge_group", "schedule"} <= ours["on"].keys()
    assert "pull_request_target" not in ours["on"]
    assert ours["jobs"]["preflight"]["needs"] == "offline"
    assert ours["jobs"]["preflight"]["environment"]
    assert "head.repo.full_name == github.repository" in ours["jobs"]["preflight"]["if"]
    for file in GITHUB:
        workflow = loaded(file)
        assert workflow["permissions"] == {"contents": "read"}
        for job in workflow["jobs"].values():
            assert "permissions" not in job
            assert job["concurrency"]["group"]
            assert job["timeout-minutes"] <= 60
        for step in steps(workflow):
            # What is put into a script by an expression is run: it belongs into a variable.
            assert "${{" not in step.get("run", "")
            if "uses" in step:
                assert PINNED.fullmatch(step["uses"])
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False
    kept = [step for step in steps(ours) if step.get("uses", "").startswith("actions/upload-artifact@")]
    assert [(step["if"], step["with"]["path"]) for step in kept] == [("always()", "reports/")] * 2
    runs = [step["run"] for step in steps(ours) if step.get("run", "").startswith("pytest ")]
    assert all("--junitxml=" in run and "--html=" in run for run in runs)
    assert [("-m offline" in run) for run in runs] == [True, False]


def test_the_pipeline_of_gitlab_is_sound() -> None:
    raw = loaded(GITLAB)
    offline, whole = raw["gonogo-offline"], raw["gonogo-preflight"]
    assert raw[".gonogo"]["artifacts"]["when"] == "always"
    assert raw[".gonogo"]["artifacts"]["reports"]["junit"] == "gonogo-reports/*.xml"
    assert {offline["extends"], whole["extends"]} == {".gonogo"}
    assert whole["needs"] == ["gonogo-offline"]
    assert whole["environment"]["action"] == "verify"
    assert whole["resource_group"]
    assert whole["rules"][0] == {"if": '$GONOGO_REACHABLE != "true"', "when": "never"}
    assert "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID" in whole["rules"][1]["if"]
    for job in (offline, whole):
        assert '$CI_PIPELINE_SOURCE == "schedule"' in {rule["if"] for rule in job["rules"]}
        assert "--junitxml=" in job["script"][-1]
        assert "--html=" in job["script"][-1]


def test_the_key_is_in_no_argument_and_host_keys_are_never_taken_unseen() -> None:
    for file in (GITHUB[0], GITLAB):
        text = file.read_text(encoding="utf-8")
        assert "StrictHostKeyChecking" not in text
        assert "ssh-keyscan" not in text
    named = [line for line in commands() if re.search(r"\$\{?(GONOGO_)?SSH_KEY", line)]
    # printf is a part of the shell, and the other reads a file: no program is given the key as an argument.
    assert named == [
        "printf '%s\\n' \"$SSH_KEY\" | tr -d '\\r' | ssh-add -q -",
        "tr -d '\\r' < \"$GONOGO_SSH_KEY\" | ssh-add -q -",
    ]


def test_the_table_is_that_of_the_checks() -> None:
    rows = re.findall(r"(?m)^\| `([a-z_]+\.[a-z_]+)` \| (.*?) \| ?(.*?) ?\|$", TEXT)
    told = {id_: left_out for id_, looked, left_out in rows if looked}
    assert len(told) == len(rows)
    marks = {
        check.id: [mark.kwargs.get("without", "") for mark in function.pytestmark if mark.name == "offline"]
        for suite in ("preflight", "verify")
        for check, function in harness.functions(suite)
    }
    assert told == {id_: found[0] for id_, found in marks.items() if found}
    named = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", TEXT))
    assert named - marks.keys() == set()
