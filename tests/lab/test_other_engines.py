"""What stands in for Docker's engine run by root: a rootless engine, and podman under Docker's name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import host
from lab.kind import NEWEST
from tests.lab.any_stack import Stack

pytestmark = pytest.mark.lab
NAME = f"t-others-{os.getpid()}"
COMPOSE = """
services:
  web:
    build: .
    ports: ["127.0.0.1:8085:8000"]
    healthcheck:
      test: ["CMD", "python", "-c", "import urllib.request as u; u.urlopen('http://localhost:8000/page')"]
      start_period: 3s
      start_interval: 1s
      interval: 2s
      retries: 2
"""
DOCKERFILE = (
    'FROM gonogo-lab/python:latest\nWORKDIR /site\nCOPY . .\nCMD ["python", "-m", "http.server", "8000"]\n'
)
HEALTH = '\n[[health]]\nurl = "http://127.0.0.1:8085/page"\n'

# As https://docs.docker.com/engine/security/rootless/ sets it up, without systemd. A host of the lab has no
# device for the tunnel by which the engine's network leaves its namespace.
ROOTLESS = """
set -e
mkdir -p /dev/net && mknod /dev/net/tun c 10 200 && chmod 666 /dev/net/tun
install -d -o deploy /run/user/1000 /var/lib/docker/rootless && chmod 711 /var/lib/docker
"""
START = """
export XDG_RUNTIME_DIR=/run/user/1000 PATH=$PATH:/usr/sbin:/sbin
setsid /usr/share/docker.io/contrib/dockerd-rootless.sh --data-root /var/lib/docker/rootless \
  > /tmp/rootless.log 2>&1 < /dev/null &
docker context create rootless --docker host=unix:///run/user/1000/docker.sock > /dev/null
docker context use rootless
for n in $(seq 150); do docker version > /dev/null 2>&1 && exit; sleep 0.2; done
tail -n 5 /tmp/rootless.log >&2; exit 1
"""
# The driver is one that needs nothing of the machine that the tests run on.
PODMAN = """
touch /run/engine-off && pkill -x dockerd; while pgrep -x dockerd > /dev/null; do sleep 0.1; done
rm -f /run/docker.sock
setsid podman --root /var/lib/docker/podman --storage-driver vfs system service -t 0 unix:///run/docker.sock \
  > /tmp/podman.log 2>&1 < /dev/null &
for n in $(seq 50); do [ -S /run/docker.sock ] && chmod 666 /run/docker.sock && exit; sleep 0.2; done
tail -n 5 /tmp/podman.log >&2; exit 1
"""


@pytest.fixture(scope="module")
def made() -> Iterator[host.Host]:
    try:
        yield host.up(NAME, kind=NEWEST)
    finally:
        host.down(NAME)


@pytest.fixture
def stack(made: host.Host, tmp_path: Path) -> Stack:
    """A stack of one service on the host."""
    (tmp_path / "shop").mkdir()
    found = Stack("shop", tmp_path / "shop", made)
    found.lay({"compose.yaml": COMPOSE, "Dockerfile": DOCKERFILE, "page": "the first"})
    found.there({".env": ""})
    assert found.init().code == 0
    found.reachable()
    found.file.write_text(found.file.read_text() + HEALTH)
    return found


def as_root(made: host.Host, script: str, user: str = "root") -> str:
    done = host.execute(made.name, script, user=user)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def page(stack: Stack) -> str:
    return as_root(stack.made, "curl -fsS http://127.0.0.1:8085/page", "deploy")


@pytest.mark.tried("tar", target="26.1, rootless, classic")
def test_a_rootless_engine_gets_releases_and_goes_back(stack: Stack) -> None:
    as_root(stack.made, ROOTLESS)
    as_root(stack.made, START, "deploy")
    for text in ("the first", "the second"):
        stack.lay({"page": text})
        done = stack.deploy()
        assert done.code == 0, done.output
        assert page(stack) == text
    (stack.folder / "page").unlink()
    done = stack.deploy()
    assert done.code == 4, done.output
    assert page(stack) == "the second"
    assert as_root(stack.made, "docker image ls -q --filter dangling=true", "deploy") == ""


def test_a_database_in_a_rootless_engine_is_a_no_go(stack: Stack) -> None:
    stack.file.write_text(stack.file.read_text() + '\n[mongodb]\nservice = "web"\ndatabase = "shop"\n')
    done = stack.preflight()
    assert (done.code, done.of("failed")) == (1, {"docker.engine"}), done.output
    assert "a rootless engine, whose containers have addresses that cannot be" in done.found("docker.engine")


def test_podman_in_the_place_of_the_engine_is_named(stack: Stack) -> None:
    as_root(stack.made, "docker context use default", "deploy")
    as_root(stack.made, PODMAN)
    done = stack.preflight()
    assert (done.code, done.of("failed")) == (1, {"docker.engine"}), done.output
    assert "podman's service answers on the Docker socket, which is not supported" in done.found(
        "docker.engine"
    )


def test_podman_in_the_place_of_the_command_is_named(stack: Stack) -> None:
    script = '#!/bin/sh\nexec /usr/bin/podman "$@"\n'  # what the package podman-docker comes down to
    host.put(stack.made.name, "/usr/local/bin/docker", script.encode(), mode="0755", owner="root:root")
    done = stack.preflight()
    assert (done.code, done.of("failed")) == (1, {"docker.engine"}), done.output
    found = done.found("docker.engine")
    assert "the `docker` command there is podman's (podman version 5." in found
    assert "install Docker Engine there, and remove what stands in for it" in found
