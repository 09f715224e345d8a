"""The command line of the target and the readings of the resolved model; pure, no Docker."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from pathlib import Path, PurePosixPath
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gonogo.deploy.compose import LEAST, command, complaint, flatten, unset_variables
from gonogo.deploy.compose.model import Model, Port
from gonogo.deploy.errors import GonogoError
from tests.unit.tables import every


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


def model(**services) -> Model:
    return Model.from_json(json.dumps({"name": "p", "services": services, "volumes": {"v": {}}}))


def test_a_service_is_read():
    read = model(
        api={
            "image": "x",
            "build": {"context": "/srv"},
            "environment": {"A": "a$$b", "B": None},
            "ports": [
                {"target": 80, "published": "8080", "host_ip": "::1", "protocol": "udp"},
                {"target": 1},
            ],
            "healthcheck": {"test": ["CMD", "x"]},
        },
        job={"depends_on": {"api": {"condition": "service_healthy"}}},
    )
    api = read.services["api"]
    assert api.environment == {"A": "a$b", "B": ""}
    assert api.ports == (Port("::1", 8080, 80, "udp"), Port("", 0, 1, "tcp"))
    assert api.has_healthcheck
    assert read.services["job"].image == "p-job"
    assert read.order() == ["api", "job"]
    assert read.built() == ["api"]
    assert [str(port) for _, port in read.published()] == ["[::1]:8080/udp"]
    assert read.volumes == {"v": "p_v"}


def test_one_shots_are_those_that_others_wait_for_to_end():
    read = model(api={"depends_on": {"init": {"condition": "service_completed_successfully"}}}, init={})
    assert read.one_shots() == {"init"}


def test_a_circle_is_named():
    with pytest.raises(GonogoError, match="a, b depend on each other"):
        model(a={"depends_on": {"b": {}}}, b={"depends_on": {"a": {}}}).order()


@every("text", ["", "{", "[]", '{"name": "x", "services": 3}', '{"services": {}}'])
def test_anything_else_is_one_sentence(text):
    with pytest.raises(GonogoError, match="printed no model"):
        Model.from_json(text)


def test_compose_warnings_and_errors_are_told_apart():
    words = (
        'time="t" level=warning msg="The \\"A\\" variable is not set. Defaulting to a blank string."\n'
        'time="t" level=warning msg="The \\"A\\" variable is not set. Defaulting to a blank string."\n'
        "error while interpolating services.x: required variable B is missing a value: must\n"
    )
    assert unset_variables(words) == ["A"]
    assert complaint(words).startswith("error while interpolating")
