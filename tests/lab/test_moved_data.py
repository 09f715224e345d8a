"""Data that is meant to move: what the target file says of it, and a release that does it, on a real host."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import host
from tests.forkserver import GONOGO
from tests.lab.any_stack import Ran, Stack, ran

pytestmark = pytest.mark.lab
NAME = f"t-moved-{os.getpid()}"
IMAGE = "gonogo-lab/redis:latest"
PROJECT = "mover"
KEEP = f"docker exec -u root {PROJECT}-store-1 sh -c 'echo kept > /data/kept'"
COPY = "docker run --rm -u root -v {}:/from:ro -v {}:/to " + IMAGE + " cp -a /from/. /to/"
CHECK = "volumes.same_data"


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """A stack that is deployed, with data in a volume."""
    try:
        (tmp_path / PROJECT).mkdir()
        found = Stack(PROJECT, tmp_path / PROJECT, host.up(NAME, [IMAGE]))
        mount(found, "kept:/data")
        found.there({".env": "A=b\n"})
        assert found.init().code == 0
        found.reachable()
        done = found.deploy()
        assert done.code == 0, done.output
        on_target(KEEP)
        yield found
    finally:
        host.down(NAME)


def mount(stack: Stack, mounted: str, **more: object) -> None:
    service = {"image": IMAGE, "volumes": [mounted], **more}
    name = mounted.partition(":")[0]
    volumes = {} if "/" in name else {name: {}}
    stack.lay({"docker-compose.yml": json.dumps({"services": {"store": service}, "volumes": volumes})})


def on_target(line: str) -> str:
    done = host.execute(NAME, line)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def move(stack: Stack, before: str, to: str, more: str = "") -> None:
    text = stack.file.read_text().partition("\n[[data.moved]]")[0]
    keys = f'service = "store"\nfrom = "{before}"\nto = "{to}"\nreason = "to the new disk"\n{more}'
    stack.file.write_text(f"{text}\n[[data.moved]]\n{keys}")


def refused(stack: Stack) -> str:
    done = stack.preflight()
    assert (done.code, done.of("failed")) == (1, {CHECK}), done.output
    return done.found(CHECK) + done.checks[CHECK]["fix"]


def gonogo(stack: Stack, *words: str) -> Ran:
    reports = str(stack.folder.parent / "reports")
    return ran([GONOGO, words[0], str(stack.file), *words[1:], "--reports", reports], stack.folder)


def test_data_moves_where_the_target_file_says_so_and_it_is_there(stack: Stack) -> None:
    old, new = f"{PROJECT}_kept", f"{PROJECT}_fresh"
    mount(stack, "fresh:/data")
    key = f'[[data.moved]] with service = "store", from = "{old}", to = "{new}" and a reason'
    assert key in refused(stack)
    move(stack, old, "elsewhere")
    assert "and the target file says that it goes to elsewhere" in refused(stack)
    move(stack, old, new)
    assert f"store: {new}, to which its data is moved, holds nothing" in refused(stack)
    on_target(f"docker volume create {new}")
    assert "holds nothing" in refused(stack)
    on_target(COPY.format(old, new))
    said = "data is moved as the target file says (to the new disk): store: at /data its container"
    planned = gonogo(stack, "plan")
    assert planned.code == 0, planned.output
    assert said in planned.output
    done = gonogo(stack, "deploy", "--yes")
    assert done.code == 0, done.output
    pages = (stack.folder.parent / "reports").glob(f"{PROJECT}/*/index.html")
    assert sum(said in html.unescape(page.read_text()) for page in pages) == 2
    assert on_target(f"docker exec {PROJECT}-store-1 cat /data/kept") == "kept\n"

    again = stack.preflight()
    assert again.of("failed") == set(), again.output
    assert f"has happened already: its container has {new}; remove it" in again.found(CHECK)

    back = gonogo(stack, "rollback")
    assert back.code != 0, back.output
    assert f'from = "{new}", to = "{old}" and a reason' in back.output
    move(stack, new, old)
    back = gonogo(stack, "rollback")
    assert back.code == 0, back.output
    mounts = on_target(f"docker inspect -f '{{{{json .Mounts}}}}' {PROJECT}-store-1")
    assert f'"Name":"{old}"' in mounts

    mount(stack, "./data:/data")
    move(stack, old, f"{stack.path}/data")
    assert f"store: {stack.path}/data, to which its data is moved, holds nothing" in refused(stack)
    move(stack, old, f"{stack.path}/data", "empty = true\n")
    done = stack.preflight()
    assert (done.code, done.checks[CHECK]["status"]) == (0, "passed"), done.output
