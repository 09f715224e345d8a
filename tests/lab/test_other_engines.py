"""What stands in for Docker's engine run by root: a rootless engine, and podman under Docker's name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import host
from lab.kind import NEWEST
from tests.lab.site import Site

pytestmark = pytest.mark.lab
NAME = f"t-others-{os.getpid()}"
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
def site(made: host.Host, tmp_path: Path) -> Site:
    """A small stack on the host."""
    return Site.on(made, tmp_path)


@pytest.mark.tried("tar", target="26.1, rootless, classic")
def test_a_rootless_engine_gets_releases_and_goes_back(site: Site) -> None:
    site.there(ROOTLESS, "root")
    site.there(START)
    for text in ("the first", "the second"):
        site.deploy(text)
        assert site.page == text
    site.deploy("", code=4)
    assert site.page == "the second"
    assert site.dangling == ""


def test_a_database_in_a_rootless_engine_is_a_no_go(site: Site) -> None:
    stack = site.stack
    stack.file.write_text(stack.file.read_text() + '\n[mongodb]\nservice = "web"\ndatabase = "shop"\n')
    done = stack.preflight()
    assert (done.code, done.of("failed")) == (1, {"docker.engine"}), done.output
    assert "a rootless engine, whose containers have addresses that cannot be" in done.found("docker.engine")


def test_podman_in_the_place_of_the_engine_is_named(site: Site) -> None:
    site.there("docker context use default")
    site.there(PODMAN, "root")
    done = site.stack.preflight()
    assert (done.code, done.of("failed")) == (1, {"docker.engine"}), done.output
    assert "podman's service answers on the Docker socket, which is not supported" in done.found(
        "docker.engine"
    )


def test_podman_in_the_place_of_the_command_is_named(site: Site) -> None:
    script = '#!/bin/sh\nexec /usr/bin/podman "$@"\n'  # what the package podman-docker comes down to
    host.put(site.stack.made.name, "/usr/local/bin/docker", script.encode(), mode="0755", owner="root:root")
    done = site.stack.preflight()
    assert (done.code, done.of("failed")) == (1, {"docker.engine"}), done.output
    found = done.found("docker.engine")
    assert "the `docker` command there is podman's (podman version 5." in found
    assert "install Docker Engine there, and remove what stands in for it" in found
