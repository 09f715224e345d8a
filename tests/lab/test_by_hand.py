"""What somebody did by hand to a stack that gonogo deployed, and what the next release says of it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import host
from tests.lab.any_stack import Stack

pytestmark = pytest.mark.lab
NAME = f"t-by-hand-{os.getpid()}"
IMAGE = "gonogo-lab/redis:latest"
PROJECT = "byhand"


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """A stack of two services that is deployed."""
    try:
        (tmp_path / PROJECT).mkdir()
        found = Stack(PROJECT, tmp_path / PROJECT, host.up(NAME, [IMAGE]))
        publish(found, one=9100, two=9101)
        found.there({".env": "A=b\n"})
        assert found.init().code == 0
        found.reachable()
        done = found.deploy()
        assert done.code == 0, done.output
        yield found
    finally:
        host.down(NAME)


def publish(stack: Stack, **ports: int) -> None:
    services = {name: {"image": IMAGE, "ports": [f"{port}:6379"]} for name, port in ports.items()}
    stack.lay({"docker-compose.yml": json.dumps({"services": services})})


def on_target(stack: Stack, line: str) -> None:
    done = host.execute(NAME, f"cd {stack.path} && {line}")
    assert done.returncode == 0, done.stderr.decode()


def test_what_was_done_by_hand_is_said_with_what_takes_it_back(stack: Stack) -> None:
    more = {"services": {"one": {"environment": {"DEBUG": "1"}}}}
    stack.there({"debug.yml": json.dumps(more)})
    files = "-f .deploy/current/compose.yaml -f .deploy/current/images.yaml -f debug.yml"
    place = f"-p {PROJECT} --project-directory {stack.path}"
    on_target(stack, f"docker compose {place} {files} up -d --no-deps one")
    done = stack.preflight()
    assert (done.code, done.of("failed")) == (1, {"compose.reproducible"}), done.output
    assert f"{PROJECT}-one-1 started with {stack.path}/debug.yml" in done.found("compose.reproducible")
    command = re.search(r"`(docker compose -p [^`]+)`", done.checks["compose.reproducible"]["fix"])
    assert command, done.checks["compose.reproducible"]
    on_target(stack, command[1])
    done = stack.preflight()
    assert done.code == 0, done.output

    publish(stack, one=9101, two=9100)
    done = stack.deploy()
    assert done.code == 0, done.output
    shown = host.execute(NAME, "docker ps --format '{{.Names}} {{.Ports}}'").stdout.decode()
    assert re.search(rf"{PROJECT}-one-1 [^\n]*:9101->", shown), shown
