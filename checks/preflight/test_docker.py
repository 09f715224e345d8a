"""Docker Engine and Compose on the target."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.host.container import Container
from gonogo.deploy.host.docker import version
from gonogo.deploy.host.engine import ROOTLESS, EngineInfo
from gonogo.deploy.release.host import Host
from gonogo.deploy.target.target import Target

ENGINE = (20, 10)
API = (1, 41)
COMPOSE = (2, 27, 2)
"""Since then `docker compose config --environment` tells what an env file holds (its release notes)."""
SLOW_DRIVERS = ("vfs", "native")
"""Those of the classic store and of containerd's."""
STUCK = ("dead", "removing")


@pytest.mark.check(
    "docker.access",
    reason="The login has to reach the Docker Engine without sudo: nobody is there to type a password.",
    fix="Add the login to the docker group on the target (`sudo usermod -aG docker USER`) and log in again.",
)
def test_docker_access(host: Host, expect: Expect) -> None:
    """The login may use the Docker Engine of the target."""
    expect(
        host.engine.platform, found=f"an engine for {host.engine.platform}", expected="an engine that answers"
    )


def unsupported(engine: EngineInfo) -> list[str]:
    """Return what is wrong with an engine, in words; empty when it will do."""
    found = []
    if version(engine.version) < ENGINE:
        found.append(f"engine {engine.version}")
    if version(engine.api) < API:
        found.append(f"API {engine.api}")
    if engine.driver in SLOW_DRIVERS:
        found.append(f"the storage driver {engine.driver}, which copies every layer whole")
    return found


@pytest.mark.check(
    "docker.engine",
    reason="Older engines lack what a release relies on, such as proving an archive's images by id.",
    fix="Install Docker Engine 20.10 or later on the target, run by root, with the storage driver overlay2.",
)
def test_docker_engine(host: Host, target: Target, expect: Expect) -> None:
    """The Docker Engine is recent enough, and neither its storage nor its network is in the way."""
    one = host.engine.info
    wrong = unsupported(one)
    wrong += [ROOTLESS] if one.rootless and target.mongodb else []
    told = f"engine {one.version}, API {one.api}, {one.driver or 'its own'} storage in {one.root}"
    expect(
        not wrong,
        wrong,
        found=told,
        expected="engine 20.10 or later, API 1.41 or later, a storage driver such as overlay2",
    )


@pytest.mark.check(
    "docker.compose",
    reason="Compose v1 starts another stack; before 2.27.2, Compose cannot say what the env file holds.",
    fix="Install the package docker-compose-plugin, version 2.27.2 or later, on the target.",
)
def test_docker_compose(host: Host, expect: Expect) -> None:
    """Compose v2 is there and recent enough."""
    found = host.compose.version
    expect(version(found) >= COMPOSE, found=f"Compose {found}", expected="2.27.2 or later")


def unhealthy(engine: EngineInfo, containers: Iterable[Container]) -> list[str]:
    """Return what keeps an engine that answers from working, in words; empty when nothing does."""
    found = []
    if engine.read_only:
        found.append(f"{engine.root} is mounted read-only")
    if engine.free == 0:
        found.append(f"{engine.root} has not one byte free")
    if engine.inodes == 0:
        found.append(f"{engine.root} has no inode free")
    return found + [f"the container {one.name} is {one.status}" for one in containers if one.status in STUCK]


@pytest.mark.check(
    "docker.healthy",
    reason="An engine that cannot write, or cannot remove a container, stops a release halfway.",
    fix="Free room where the engine keeps its data (`docker system df`), see `dmesg` for a filesystem that "
    "became read-only, remove stuck containers (`docker rm -f NAME`) and read `journalctl -u docker`.",
)
def test_docker_healthy(host: Host, expect: Expect) -> None:
    """The engine runs, can write its data, and has no container that it fails to remove."""
    wrong = unhealthy(host.engine.info, host.containers.all)
    expect(
        not wrong,
        wrong,
        found=f"an engine that answers and can write to {host.engine.root}",
        expected="an engine that answers, room where it keeps its data, no container dead or being removed",
    )
