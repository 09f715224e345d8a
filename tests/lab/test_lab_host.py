"""A host of the lab is a server of its own: made, found, reached by its key only, removed without a rest."""

from __future__ import annotations

import os
import stat
import subprocess
import time
from collections.abc import Iterator

import pytest

from deploy.errors import GonogoError, UsageError
from lab import faults, host
from lab.docker import run

pytestmark = pytest.mark.lab
NAME = f"t-host-{os.getpid()}"


@pytest.fixture(scope="module")
def made() -> Iterator[host.Host]:
    """A fresh host, removed afterwards."""
    yield host.up(NAME)
    host.down(NAME)


def ssh(made: host.Host, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return run(["ssh", "-F", str(made.config), "-o", "BatchMode=yes", *arguments], timeout=30)


def test_the_key_logs_in_as_deploy_who_reaches_the_inner_engine(made: host.Host) -> None:
    wanted = "id -un; hostname; docker version -f '{{.Server.Version}}'; docker compose version --short"
    result = ssh(made, made.alias, wanted)
    user, name, engine, compose = result.stdout.decode().split()
    assert (user, name) == ("deploy", NAME)
    assert int(engine.partition(".")[0]) >= 20
    assert int(compose.lstrip("v").partition(".")[0]) >= 2


def test_the_inner_engine_is_not_the_outer_one(made: host.Host) -> None:
    inner = ssh(made, made.alias, "docker info -f '{{.ID}}'").stdout
    assert inner
    assert inner != run(["docker", "info", "-f", "{{.ID}}"]).stdout


@pytest.mark.parametrize("option", ["PubkeyAuthentication=no", "User=root"])
def test_only_the_key_and_only_deploy_get_in(made: host.Host, option: str) -> None:
    result = ssh(made, "-o", option, made.alias, "true")
    assert result.returncode == 255
    assert b"Permission denied" in result.stderr


def test_state_is_for_its_owner_only(made: host.Host) -> None:
    assert stat.S_IMODE(made.folder.stat().st_mode) == 0o700
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in made.folder.iterdir()}
    assert {"id_ed25519", "known_hosts", "ssh_config"} <= set(modes)
    assert set(modes.values()) == {0o600}


def test_a_second_up_finds_the_same_host(made: host.Host) -> None:
    assert host.up(NAME) == made == host.find(NAME)


def test_put_writes_bytes_mode_and_owner(made: host.Host) -> None:
    data = bytes(range(256))
    host.put(NAME, "/srv/chat/a folder/it's", data, mode="0640")
    assert host.execute(NAME, 'cat "/srv/chat/a folder/it\'s"').stdout == data
    assert host.execute(NAME, "stat -c '%a %U' \"/srv/chat/a folder/it's\"").stdout == b"640 deploy\n"


def test_load_copies_an_image_once_under_the_same_id(made: host.Host) -> None:
    assert host.load(NAME, ["gonogo-lab/redis:latest"]) == ["gonogo-lab/redis:latest"]
    assert host.load(NAME, ["gonogo-lab/redis:latest"]) == []


def test_a_host_that_lost_its_power_comes_back_at_the_same_address(made: host.Host) -> None:
    run(["docker", "kill", made.container])
    with pytest.raises(GonogoError, match="is not up"):
        host.find(NAME)
    assert host.up(NAME) == made
    assert ssh(made, made.alias, "docker version").returncode == 0


def test_a_cut_line_hangs_and_heals(made: host.Host) -> None:
    with faults.cut_off(NAME):
        cut = ssh(made, "-o", "ConnectTimeout=2", made.alias, "true")
    assert cut.returncode == 255
    assert b"timed out" in cut.stderr
    assert ssh(made, made.alias, "true").returncode == 0


def test_the_engine_stops_and_the_host_goes_on(made: host.Host) -> None:
    with faults.engine_stopped(NAME):
        assert b"Cannot connect" in ssh(made, made.alias, "docker version").stderr
    assert ssh(made, made.alias, "docker version").returncode == 0


def test_a_slow_line_adds_its_delay_each_way(made: host.Host) -> None:
    with faults.slow_line(made, 0.1) as port:
        started = time.monotonic()
        alias = f"HostKeyAlias=[127.0.0.1]:{made.port}"
        result = ssh(made, "-p", str(port), "-o", alias, made.alias, "head -c 1000000 /dev/zero")
    assert len(result.stdout) == 1_000_000
    assert time.monotonic() - started > 0.8  # a login takes at least four round trips


def test_down_removes_that_host_and_nothing_else() -> None:
    other = f"{NAME}-2"
    before = {row["name"] for row in host.status()}
    folder = host.up(other).folder
    assert {row["name"] for row in host.status()} == before | {other}
    assert host.down(other) == [other]
    assert {row["name"] for row in host.status()} == before
    assert not folder.exists()
    volumes = run(["docker", "volume", "ls", "-q", "--filter", f"name=gonogo-lab-{other}"]).stdout
    assert volumes == b""


@pytest.mark.parametrize("name", ["", "Demo", "../x", "a b", "cache"])
def test_a_bad_name_is_refused_before_anything_is_done(name: str) -> None:
    with pytest.raises(UsageError, match="host name"):
        host.up(name)
