"""The command line of the target, and what Compose says of its own accord; pure, no Docker."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path, PurePosixPath
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gonogo.deploy.compose import command_line
from gonogo.deploy.compose.command_line import LEAST, command, complaint, flatten, unset_variables
from gonogo.deploy.errors import GonogoError


def target(path: str = "/srv/chat", env: str | None = "/srv/chat/.env") -> SimpleNamespace:
    env_path = PurePosixPath(env) if env else None
    return SimpleNamespace(path=PurePosixPath(path), env_path=env_path, project="chat", profiles=["a b"])


@pytest.mark.parametrize(
    "said",
    ["unknown flag: --no-env-resolution", "unknown shorthand flag: 'f' in -f\nSee 'docker --help'."],
)
def test_a_compose_of_this_machine_that_is_too_old_or_missing_is_told(said, tmp_path, monkeypatch):
    (tmp_path / "docker").write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{said}\nEND\nexit 1\n")
    (tmp_path / "docker").chmod(0o755)
    (tmp_path / "compose.yaml").write_text("services: {}\n")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(
        GonogoError, match=rf"install Docker's Compose plugin, version {LEAST} or later, on this"
    ):
        flatten(tmp_path, [Path("compose.yaml")])


hostile = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


@settings(max_examples=15)
@given(name=hostile)
def test_every_argument_arrives_as_it_is(name):
    line = command(target(f"/srv/{name}"), "config", name)
    words = shlex.split(line)
    # A real shell is the judge: printf stands where docker would.
    done = subprocess.run(
        ["sh", "-c", line.replace("docker compose", "printf '%s\\0'", 1)], capture_output=True, check=True
    )
    assert done.stdout.decode().split("\0")[:-1] == words[words.index("compose") + 1 :]


def test_the_shell_of_the_target_does_not_reach_compose():
    line = command(target(), "config").replace("docker compose", "printenv SECRET_X PATH #", 1)
    done = subprocess.run(
        ["sh", "-c", line],
        capture_output=True,
        env={"SECRET_X": "leak", "PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert done.stdout == b"/usr/bin:/bin\n"


def test_compose_warnings_and_errors_are_told_apart():
    words = (
        'time="t" level=warning msg="The \\"A\\" variable is not set. Defaulting to a blank string."\n'
        'time="t" level=warning msg="The \\"A\\" variable is not set. Defaulting to a blank string."\n'
        "error while interpolating services.x: required variable B is missing a value: must\n"
    )
    assert unset_variables(words) == ["A"]
    assert complaint(words).startswith("error while interpolating")


def test_warnings_of_compose_without_those_of_unset_variables() -> None:
    said = (
        'time="t" level=warning msg="/src/a.yml: the attribute `version` is obsolete, \\"x\\""\n'
        'time="t" level=warning msg="The \\"A\\" variable is not set. Defaulting to a blank string."\n'
    )
    assert command_line.warnings(said) == ['/src/a.yml: the attribute `version` is obsolete, "x"']
