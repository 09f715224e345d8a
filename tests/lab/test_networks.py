"""Networks as a part of what changes: made anew with all that is in them, and gone with their release."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab import host
from tests.lab.converging import Converging, converging, record, sleeping

pytestmark = pytest.mark.lab
NAME = f"t-networks-{os.getpid()}"
PAIR = {"a": sleeping(networks=["front"]), "b": sleeping(networks=["front"], depends_on=["a"])}
APART = {"c": sleeping(networks=["apart"])}


@pytest.fixture(scope="module")
def made() -> Iterator[host.Host]:
    """A host with the image that all stacks use."""
    made = host.up(NAME, ["gonogo-lab/redis:latest"])
    yield made
    host.down(NAME)


@pytest.fixture
def stack(made: host.Host, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Converging]:
    """A project of its own, named after the test."""
    yield from converging(made, tmp_path, request.node.name)


def networks(front: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """The networks of a release; ``front``: what its definition says."""
    return {"networks": {"front": front or {}, "apart": {}, **more}}


def sized(mtu: int) -> dict[str, Any]:
    return {"driver_opts": {"com.docker.network.driver.mtu": str(mtu)}}


def front(stack: Converging) -> dict[str, Any]:
    """What the engine says of the network."""
    return dict(json.loads(stack.shell(f"docker network inspect {stack.name}_front"))[0])


def mtu(stack: Converging) -> str:
    return str(front(stack)["Options"].get("com.docker.network.driver.mtu"))


def inside(stack: Converging) -> set[str]:
    return {one["Name"].removeprefix(f"{stack.name}-")[:1] for one in front(stack)["Containers"].values()}


def own(stack: Converging) -> set[str]:
    """The networks that Compose made for the project, by their keys."""
    label = f"label=com.docker.compose.project={stack.name}"
    listed = stack.shell(f"docker network ls --filter {label} --format '{{{{.Name}}}}'").split()
    return {name.removeprefix(f"{stack.name}_") for name in listed}


def hook(stack: Converging, name: str, line: str) -> None:
    """Let a hook of deployments run a line of shell."""
    file = stack.folder / "hooks" / name
    file.write_text(f"#!/bin/sh\n{line}\n")
    file.chmod(0o755)


def commands(text: str) -> list[str]:
    """The commands between backticks in a message."""
    return re.findall(r"`([^`]+)`", " ".join(text.split()))


def test_a_network_that_changed_is_made_anew_with_all_that_is_in_it(stack: Converging) -> None:
    stack.release(0, networks(sized(1400)), **PAIR, **APART)
    first, before = stack.current(), stack.containers()
    strangers = f"docker run -d --name stranger --network {stack.name}_front {PAIR['a']['image']} && "
    strangers += f"docker create --name asleep --network {stack.name}_front {PAIR['a']['image']}"
    stack.shell(strangers)

    stack.write(networks(sized(1300)), **PAIR, **APART)
    refused = stack.preflight().checks["networks.attached"]
    assert refused["status"] == "failed"
    assert "asleep (no container of a Compose project), stranger" in refused["message"]
    (cure,) = commands(refused["fix"])
    stack.shell(cure)

    plan = stack.gonogo("plan").output
    assert f"its network {stack.name}_front is made anew (driver_opts changed)" in plan
    assert f"{stack.name}_front is made anew: a, b stop together and start one after another" in plan
    assert f"remove a, b, the network {stack.name}_front" in plan
    done = stack.release(0, networks(sized(1300)), **PAIR, **APART)
    assert "replaced a, b" in done.output
    assert (mtu(stack), inside(stack)) == ("1300", {"a", "b"})
    assert stack.containers()["c"] == before["c"], "it is in another network"

    second = stack.current()
    bad = sleeping("exit 3;", networks=["front", "extra"], depends_on=["new"])
    broken = {**PAIR, "b": bad, "new": sleeping(networks=["front"])}
    subnet = {"ipam": {"config": [{"subnet": "10.77.0.0/24"}]}, "internal": True}
    stack.release(4, networks(subnet, extra={}), **broken, **APART)
    assert (stack.current(), mtu(stack), inside(stack)) == (second, "1300", {"a", "b"})
    assert own(stack) == {"front", "apart"}, "what the release before did not have is gone"

    stack.gonogo("rollback", "--to", first)
    assert (mtu(stack), inside(stack)) == ("1400", {"a", "b"})
    stack.release(0, networks(), **PAIR, **APART)
    assert mtu(stack) == "None", "a key that is gone counts, too"


def test_what_is_said_to_do_by_hand_helps_where_a_network_cannot_be_made_anew(stack: Converging) -> None:
    stack.release(0, networks(sized(1400)), **PAIR, **APART)
    first, stranger = stack.containers(), f"--name late --network {stack.name}_front {PAIR['a']['image']}"
    comes = f"docker exec -u deploy {stack.made.container} docker run -d {stranger}"
    (stack.folder / "hooks").mkdir()
    stack.amend('hooks.folder = "hooks"')
    hook(stack, "after-plan", comes)
    done = stack.release(4, networks(sized(1300)), **PAIR, **APART)
    assert "could not be removed to be made anew (late is in it)" in " ".join(done.output.split())
    assert (mtu(stack), inside(stack)) == ("1400", {"a", "b", "l"})
    assert stack.containers()["a"] != first["a"], "it had left already, and is back"
    (stack.folder / "hooks" / "after-plan").unlink()
    stack.shell("docker rm -f late")

    hook(stack, "before-switch", f'[ "$GONOGO_SERVICE" != b ] || {comes}')
    broken = {**PAIR, "b": sleeping("exit 3;", networks=["front"], depends_on=["a"])}
    done = stack.release(5, networks(sized(1300)), **broken, **APART)
    told = record(stack)["summary"]
    assert f"the network {stack.name}_front could not be removed to be made anew (late is in it)" in told
    (stack.folder / "hooks" / "before-switch").unlink()
    by_hand = next(line for line in commands(told) if "docker compose" in line)
    assert by_hand.startswith(f"docker network disconnect -f {stack.name}_front late && docker network rm")
    stack.shell(by_hand)
    assert (mtu(stack), inside(stack)) == ("1400", {"a", "b"}), done.output
    after = stack.containers()
    stack.gonogo("resume", code=4)
    assert stack.containers() == after, "all was as it should be"


def test_a_way_back_makes_a_network_anew_that_another_compose_made(stack: Converging) -> None:
    stack.release(0, networks(sized(1400)), **PAIR)
    name, containers = f"{stack.name}_front", " ".join(stack.containers().values())
    labels = {"project": stack.name, "network": "front", "config-hash": "of-another-version"}
    marks = " ".join(f"--label com.docker.compose.{key}={value}" for key, value in labels.items())
    option = "-o com.docker.network.driver.mtu=1400"
    stack.shell(
        f"for one in {containers}; do docker network disconnect -f {name} $one; done; "
        f"docker network rm {name}; "
        f"docker network create {marks} {option} {name}; "
        f"for one in {containers}; do docker network connect {name} $one; done"
    )
    changed = {**PAIR, "a": sleeping(networks=["front"], labels={"v": "2"})}
    refused = stack.release(4, networks(sized(1400)), **changed)
    assert "has active endpoints" in refused.output
    assert (mtu(stack), inside(stack)) == ("1400", {"a", "b"})
    assert "replaced a" in stack.release(0, networks(sized(1400)), **changed).output


def test_networks_leave_with_a_first_release_that_failed(stack: Converging) -> None:
    stack.shell(f"docker network create {stack.name}-shared")
    outside = {"shared": {"external": True, "name": f"{stack.name}-shared"}}
    failing = {"a": sleeping(networks=["front", "shared"]), "b": sleeping("exit 3;", depends_on=["a"])}
    done = stack.release(4, networks(**outside), **failing)
    assert own(stack) == set(), done.output
    assert stack.containers() == {}
    assert stack.shell(f"docker network ls -q --filter name={stack.name}-shared").strip()
    assert f"the network {stack.name}_front was removed" in record(stack)["notes"]

    stack.shell(
        f"docker network create --label com.docker.compose.project={stack.name} "
        f"--label com.docker.compose.network=front {stack.name}_front"
    )
    stack.release(4, networks(**outside), **failing)
    assert own(stack) == {"front"}, "it was there before"
