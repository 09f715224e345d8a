"""Configs, secrets and mounted files as a part of what changes: who has other ones is replaced, or named."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab import host
from tests.lab.converging import COMPOSE, Converging, converging, sleeping
from tests.lab.secrecy import leaks

pytestmark = pytest.mark.lab
NAME = f"t-contents-{os.getpid()}"
ENV = "MODE=good\nTOKEN={}\n"
FIRST, SECOND, KEY, NEXT = "token-of-then-4711", "token-of-now-0815", "key-of-then-1234", "key-of-now-5678"
DEFINED: dict[str, Any] = {
    "driver_opts": {"com.docker.network.driver.mtu": "1400", "com.docker.network.bridge.enable_icc": "true"},
    "ipam": {"config": [{"subnet": "10.78.0.0/24", "gateway": "10.78.0.1", "ip_range": "10.78.0.128/25"}]},
    "labels": {"tier": "front", "weight": 3},
    "enable_ipv6": False,
}
"""A network that stays as it is."""
SERVICES = {
    "copied": sleeping(configs=[{"source": "app", "target": "/etc/app.conf"}], secrets=["token"]),
    "given": sleeping(secrets=["key"]),
    "paged": sleeping(configs=["page"]),
    "bound": sleeping(volumes=["./one.conf:/one.conf:ro", "./site:/site:ro", "./state:/state"]),
    "writes": sleeping("echo begun >> /own.txt;", volumes=["./own.txt:/own.txt"]),
    "still": sleeping(volumes=["./same.conf:/same.conf:ro"]),
}


@pytest.fixture(scope="module")
def made() -> Iterator[host.Host]:
    """A host with the image that all stacks use."""
    made = host.up(NAME, ["gonogo-lab/redis:latest"])
    yield made
    host.down(NAME)


@pytest.fixture
def stack(made: host.Host, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Converging]:
    """A project of its own, named after the test, with the files that its services mount."""
    for found in converging(made, tmp_path, request.node.name, ENV.format(FIRST)):
        found.there({"one.conf": "one\n", "own.txt": "", "page.conf": "page\n", "same.conf": "", "key": KEY})
        found.shell(f"cd {found.path} && mkdir -p site state && echo site > site/page && chmod 666 own.txt")
        yield found


def given(app: str = "one $$5\n", page: str = "./page.conf") -> dict[str, Any]:
    return {
        "configs": {"app": {"content": app}, "page": {"file": page}},
        "secrets": {"token": {"environment": "TOKEN"}, "key": {"file": "./key"}},
        "networks": {"default": DEFINED},
    }


def replaced(stack: Converging, before: dict[str, str]) -> set[str]:
    after = stack.containers()
    return {name for name in after if after[name] != before.get(name)}


def seen(stack: Converging, service: str, path: str) -> str:
    """What a container has at a path."""
    return stack.shell(f"docker exec {stack.containers()[service]} cat {path}").strip()


def test_who_has_another_file_than_the_release_or_the_host_is_replaced(stack: Converging) -> None:
    stack.release(0, given(), **SERVICES)
    assert (seen(stack, "copied", "/etc/app.conf"), seen(stack, "copied", "/run/secrets/token")) == (
        "one $5",
        FIRST,
    )
    before, said = stack.containers(), []

    stack.there({".env": ENV.format(SECOND)})
    stack.shell(
        f"cd {stack.path} && echo two > new && mv new one.conf && printf {NEXT} > key && "
        "cp same.conf new && mv new same.conf && cp page.conf other.conf && "
        "mv site site.old && mkdir site && echo new > site/page"
    )
    said.append(stack.gonogo("plan").output)
    told = " ".join(said[-1].split())
    assert "warning contents.current: writes is left as it is, and may have written it itself" in told
    assert "copied replaced its config app changed" not in told
    assert "copied replaced its secret token changed" in told
    assert f"bound replaced its file {stack.path}/one.conf was replaced by another" in told
    assert f"its folder {stack.path}/site was moved away" in told
    assert "given replaced its secret key changed since it was started" in told
    said.append(stack.release(0, given("two\n", "./other.conf"), **SERVICES).output)
    assert replaced(stack, before) == {"copied", "given", "paged", "bound"}
    assert "paged (its config page is another file now" in " ".join(said[-1].split())
    assert seen(stack, "copied", "/etc/app.conf") == "two"
    assert (seen(stack, "bound", "/one.conf"), seen(stack, "bound", "/site/page")) == ("two", "new")
    second, before = stack.current(), stack.containers()

    said.append(stack.gonogo("plan").output)
    assert "nothing would change" in said[-1]
    said.append(
        stack.release(
            4,
            given("three\n", "./other.conf"),
            **{**SERVICES, "still": sleeping("exit 3;", volumes=SERVICES["still"]["volumes"])},
        ).output
    )
    assert seen(stack, "copied", "/etc/app.conf") == "two", "the way back is to the content of then"
    assert stack.current() == second

    stack.there({"other.conf": "other\n"})
    warned = stack.gonogo("verify").output
    assert "paged: its config page changed since it was started" in " ".join(warned.split())
    stack.shell(f"cd {stack.path} && cp -r state state.new && mv state state.old && mv state.new state")
    moved = stack.preflight()
    assert moved.checks["contents.current"]["status"] == "failed"
    assert f"bound writes to it: its folder {stack.path}/state was moved away" in moved.found(
        "contents.current"
    )
    stack.shell(f"cd {stack.path} && rm -r state && mv state.old state")
    assert stack.preflight().checks["contents.current"]["status"] != "failed"
    over = f"mount -t tmpfs gonogo-over {stack.path}/state"
    assert host.execute(stack.made.name, over, user="root").returncode == 0
    try:
        covered = stack.preflight()
    finally:
        host.execute(stack.made.name, f"umount {stack.path}/state", user="root")
    assert "its folder" in covered.found("contents.current"), "a disk that was mounted meanwhile"
    said += [warned, moved.output, covered.output]

    kept = {
        str(file): file.read_text(errors="replace")
        for file in (stack.folder.parent / "reports").rglob("*")
        if file.is_file()
    }
    kept["contents"] = stack.shell(f"cat {stack.path}/.deploy/releases/*/contents.json")
    kept["journal"] = stack.shell(f"cat {stack.path}/.deploy/journal.jsonl")
    kept |= {f"output {number}": text for number, text in enumerate(said)}
    assert leaks([FIRST, SECOND, KEY, NEXT], kept) == []
    modes = stack.shell(f"stat -c %a {stack.path}/.deploy/releases/*/contents.json").split()
    assert set(modes) == {"600"}


def test_a_stack_that_was_started_by_hand_with_other_contents_and_networks(stack: Converging) -> None:
    side = {"driver_opts": {"com.docker.network.driver.mtu": "1400"}}
    services = {
        "copied": SERVICES["copied"],
        "bound": SERVICES["bound"],
        "apart": sleeping(networks=["side"]),
    }
    stack.write({**given(), "networks": {"side": side}}, **services)
    text = (stack.folder / COMPOSE).read_text()
    stack.there({COMPOSE: text})
    stack.shell(f"cd {stack.path} && docker compose up -d && echo two > new && mv new one.conf")
    before = stack.containers()
    done = stack.release(0, {**given("two\n"), "networks": {"side": {}}}, **services)
    assert replaced(stack, before) == set(services), done.output
    assert (seen(stack, "copied", "/etc/app.conf"), seen(stack, "bound", "/one.conf")) == ("two", "two")
    options = f"docker network inspect -f '{{{{json .Options}}}}' {stack.name}_side"
    assert "1400" not in stack.shell(options)
    stack.gonogo("rollback")
    assert (seen(stack, "copied", "/etc/app.conf"), "1400" in stack.shell(options)) == ("one $5", True)
