"""The checks of the way to the host and of its engine, each against its real fault and without it."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gonogo.deploy.errors import ConnectionFailed, GonogoError
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.locking import Lock
from gonogo.deploy.release.release import Release
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target import Target
from gonogo.reports.model import CheckResult
from lab import faults, host
from tests import harness
from tests.lab.connecting import other_config
from tests.lab.ground import IMAGE, PORTS, Ground, on_host

pytestmark = pytest.mark.lab
SSH = {"ssh.reachable", "ssh.host_key", "ssh.latency", "ssh.clock"}
DOCKER = {"docker.access", "docker.engine", "docker.compose", "docker.healthy"}


@pytest.fixture(scope="module")
def connected() -> Iterator[tuple[host.Host, Connection]]:
    """A host of our own, which these tests disturb."""
    with on_host(f"t-host-{os.getpid()}") as connected:
        yield connected


@pytest.fixture
def ground(connected: tuple[host.Host, Connection], tmp_path: Path) -> Ground:
    """The host, with a stack of this test that publishes nothing yet."""
    return Ground(*connected, tmp_path)


def cut_off(to: Target) -> dict[str, CheckResult]:
    """The results where no connection can be had."""
    with pytest.raises(ConnectionFailed) as caught:
        Connection.open(to)
    return harness.run(to, Release(to, None, Redactor(), caught.value), only=SSH | DOCKER | PORTS)


def test_a_sound_host(ground: Ground) -> None:
    ground.publish("9000:6379", "9010-9012:6380")
    to = ground.target()
    results = harness.over(ground.connection, to, only=SSH | DOCKER | PORTS)
    assert {one.id for one in results.values() if one.status != "passed"} == {"ports.privileged"}
    assert "ED25519 SHA256:" in results["ssh.host_key"].found
    assert "engine 26.1.5" in results["docker.engine"].found
    assert "overlayfs storage in /var/lib/docker" in results["docker.engine"].found


# The way there


def test_an_unreachable_host_is_one_failure(ground: Ground) -> None:
    config = other_config(ground.made, ground.folder, Port=1)
    results = cut_off(ground.target("other", config))
    assert list(harness.failed(results)) == ["ssh.reachable"]
    assert {one.status for one in results.values()} == {"failed", "blocked"}


def test_a_changed_host_key_is_one_failure(ground: Ground) -> None:
    key = ground.folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    known = ground.folder / "known"
    known.write_text(f"[127.0.0.1]:{ground.made.port} {key.with_suffix('.pub').read_text()}")
    to = ground.target("other", other_config(ground.made, ground.folder, UserKnownHostsFile=known))
    results = cut_off(to)
    assert list(harness.failed(results)) == ["ssh.host_key"]
    assert "not the one in known_hosts" in results["ssh.host_key"].message
    assert results["ssh.reachable"].status == "blocked"
    known.write_text((ground.made.folder / "known_hosts").read_text())
    with Connection.open(to) as other:
        assert harness.failed(harness.over(other, to, only=SSH)) == {}


def test_a_host_key_that_nobody_verifies(ground: Ground) -> None:
    changed = {"StrictHostKeyChecking": "no", "UserKnownHostsFile": "/dev/null"}
    to = ground.target("other", other_config(ground.made, ground.folder, **changed))
    with Connection.open(to) as other:
        told = harness.failed(harness.over(other, to, only=SSH))
    assert list(told) == ["ssh.host_key"]
    assert "StrictHostKeyChecking is off" in told["ssh.host_key"]


def test_a_slow_line_is_a_warning_and_no_skew(ground: Ground) -> None:
    limits = {"latency_ms": 300, "clock_skew_s": 0.5}
    with faults.slow_line(ground.made, 0.2) as port:
        to = ground.target("other", other_config(ground.made, ground.folder, Port=port), thresholds=limits)
        with Connection.open(to) as other:
            results = harness.over(other, to, only=SSH)
    assert list(harness.failed(results)) == ["ssh.latency"]
    assert results["ssh.latency"].status == "warning"
    assert int(results["ssh.latency"].found.split()[-2]) >= 400


def test_a_clock_that_is_wrong(ground: Ground) -> None:
    # The kernel's clock is this machine's too, so only what tells it can be wrong.
    with ground.instead("/usr/local/bin/date", 'exec /usr/bin/date -d "+90 seconds" "$@"'):
        told = ground.failed(ground.target(), SSH)
    assert list(told) == ["ssh.clock"]
    assert re.search(r"90\.\d s ahead of", told["ssh.clock"])


# Docker


def test_a_socket_that_the_login_may_not_use(ground: Ground) -> None:
    ground.publish("9000:6379")
    ground.root("chmod 600 /var/run/docker.sock")
    try:
        failed, blocked = ground.failed_and_blocked(ground.target(), DOCKER | PORTS)
    finally:
        ground.root("chmod 660 /var/run/docker.sock")
    assert list(failed) == ["docker.access"]
    assert blocked == {"docker.engine", "docker.healthy", "ports.free", "ports.privileged"}


def test_no_docker_at_all(ground: Ground) -> None:
    with ground.moved("/usr/bin/docker"):
        failed, blocked = ground.failed_and_blocked(ground.target(), {*DOCKER, "compose.resolves"})
    assert list(failed) == ["docker.engine"]
    assert blocked == {*DOCKER, "compose.resolves"} - {"docker.engine"}


def test_a_storage_driver_that_copies_layers(ground: Ground) -> None:
    file = "/etc/docker/daemon.json"
    ground.root(f"{faults.STOP_ENGINE}; mv {file} {file}.away")
    host.put(ground.made.name, file, b'{"storage-driver": "vfs"}', owner="root:root")
    try:
        ground.root(faults.START_ENGINE)
        told = ground.failed(ground.target(), DOCKER)
    finally:
        ground.root(f"mv {file}.away {file}; {faults.STOP_ENGINE}")
        ground.root(faults.START_ENGINE)
    assert list(told) == ["docker.engine"]
    assert "the storage driver vfs" in told["docker.engine"]


def test_no_compose(ground: Ground) -> None:
    with ground.moved("/usr/local/lib/docker/cli-plugins/docker-compose"):
        failed, blocked = ground.failed_and_blocked(ground.target(), {*DOCKER, "compose.resolves"})
    assert list(failed) == ["docker.compose"]
    assert "docker-compose-plugin" in failed["docker.compose"]
    assert blocked == {"compose.resolves"}


def test_an_engine_that_does_not_run(ground: Ground) -> None:
    with faults.engine_stopped(ground.made.name):
        failed, blocked = ground.failed_and_blocked(ground.target(), DOCKER)
    assert list(failed) == ["docker.healthy"]
    assert "systemctl start docker" in failed["docker.healthy"]
    assert blocked == {"docker.access", "docker.engine"}


def test_a_data_root_that_is_read_only(ground: Ground) -> None:
    over = faults.DATA_ROOT
    ground.root(f"mount --bind {over} {over} && mount -o remount,bind,ro {over}")
    try:
        told = ground.failed(ground.target(), DOCKER)
    finally:
        ground.root(f"umount {over}")
    assert list(told) == ["docker.healthy"]
    assert "/var/lib/docker is mounted read-only" in told["docker.healthy"]
    assert ground.failed(ground.target(), DOCKER) == {}


def test_a_data_root_that_is_full(ground: Ground) -> None:
    with faults.docker_root_full(ground.made.name):
        told = ground.failed(ground.target(), DOCKER)
    assert list(told) == ["docker.healthy"]
    assert "/var/lib/docker has not one byte free" in told["docker.healthy"]


def test_a_container_that_cannot_be_removed(ground: Ground) -> None:
    one = ground.root(f"docker create --name stuck {IMAGE}").strip()
    stuck = f"/var/lib/docker/containers/{one}/stuck"
    ground.root(f"touch {stuck}; chattr +i {stuck}; ! docker rm -f stuck")
    try:
        told = ground.failed(ground.target(), DOCKER)
    finally:
        ground.root(f"chattr -i {stuck}; docker rm -f {one}")
    assert list(told) == ["docker.healthy"]
    assert "the container stuck is dead" in told["docker.healthy"]


# Its own folder


def test_a_folder_that_is_not_the_logins_alone(ground: Ground) -> None:
    to, only = ground.target(), ("path.private",)
    deploy = f"{to.path}/.deploy"
    assert harness.over(ground.connection, to, only=only)["path.private"].status == "passed"
    host.execute(ground.made.name, f"mkdir -p {deploy}/releases", user="deploy")
    assert harness.over(ground.connection, to, only=only)["path.private"].status == "passed"
    for planted in (
        f"chown root:deploy {deploy}; chmod 770 {deploy}",
        f"ln -s /etc/hostname {deploy}/journal.jsonl",
        f"mv {deploy} {deploy}-away; ln -s {deploy}-away {deploy}",
    ):
        host.execute(ground.made.name, planted, user="root")
        (message,) = harness.failed(harness.over(ground.connection, to, only=only)).values()
        assert f"{deploy} is a link" in message or f"{deploy}/journal.jsonl is a link" in message
        with pytest.raises(GonogoError, match=r"is a link, is not the login's, or others may write to it"):
            Lock(ground.connection, to, "v1").take()
        undone = f"rm -rf {deploy} {deploy}-away; mkdir -m 700 {deploy}; chown deploy: {deploy}"
        host.execute(ground.made.name, undone, user="root")
    assert harness.over(ground.connection, to, only=only)["path.private"].status == "passed"
