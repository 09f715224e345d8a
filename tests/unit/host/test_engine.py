"""Engine and Compose of a host, from recorded answers, and what is said when docker does not answer."""

from __future__ import annotations

import pytest

from gonogo.deploy.errors import GonogoError, Unknown
from gonogo.deploy.host.docker import version
from gonogo.deploy.host.engine import EngineInfo
from gonogo.deploy.release.host import Host
from tests.unit import stacks
from tests.unit.tables import every

SERVER = '{"Platform":{"Name":""},"Version":"20.10.24","ApiVersion":"1.41","Os":"linux","Arch":"arm64"}'


def told(security: str = "null", *lines: str, root: str = "/var/lib/docker", status: str = "null") -> Host:
    info = f'{{"driver":"overlay2","status":{status},"security":{security}}}'
    return stacks.host(0, "\n".join([SERVER, info, root, *lines]) + "\n")


def test_the_engine_tells_version_platform_and_where_its_data_lies() -> None:
    there = told(
        '["name=seccomp,profile=default"]', "room 10 4096 77 100", "mounted rw,relatime", "lowest 1024"
    )
    assert there.engine.info == EngineInfo(
        "20.10.24", "1.41", "linux/arm64", "overlay2", "/var/lib/docker", free=40960, inodes=77
    )


def test_an_engine_that_keeps_its_images_in_containerd() -> None:
    status = '[["Backing Filesystem","extfs"],["driver-type","io.containerd.snapshotter.v1"]]'
    assert told(status=status).engine.containerd
    assert not told(status='[["Backing Filesystem","extfs"]]').engine.containerd


def test_a_rootless_engine_has_a_lowest_port() -> None:
    one = told('["name=rootless","name=cgroupns"]', "room ", "mounted ", "lowest 1024").engine.info
    assert (one.rootless, one.lowest_port) == (True, 1024)


def test_a_worker_of_a_swarm_is_one_that_manages_nothing() -> None:
    def worker(swarm: str, manager: str) -> bool:
        info = f'{{"driver":"overlay2","status":null,"security":null,"swarm":"{swarm}","manager":{manager}}}'
        return stacks.host(0, f"{SERVER}\n{info}\n/var/lib/docker\n").engine.info.worker

    assert worker("active", "false")
    assert not worker("active", "true")
    assert not worker("inactive", "false")


def test_what_an_engine_can_give_to_containers() -> None:
    more = '"cpus":4,"memory":1000,"logging":["local"],"runtimes":"runc {} "'
    info = f'{{"driver":"overlay2","status":null,"security":null,{more}}}'

    def there(runtime: str, *lines: str) -> EngineInfo:
        text = "\n".join([SERVER, info.replace("{}", runtime), "/var/lib/docker", *lines])
        return stacks.host(0, text + "\n").engine.info

    one = there("runsc", "gpu ")
    assert (one.cpus, one.memory, one.log_drivers) == (4, 1000, ("local",))
    assert (one.runtimes, one.gpus) == (("runc", "runsc"), False)
    assert there("nvidia").gpus
    assert there("runsc", "gpu /usr/bin/nvidia-ctk").gpus


def test_a_data_root_that_is_read_only_or_counts_no_inodes() -> None:
    one = told("[]", "room 0 4096 0 0", "mounted ro,nosuid", "lowest ").engine.info
    assert (one.read_only, one.free, one.inodes) == (True, 0, None)


def test_a_data_root_out_of_sight_is_neither_full_nor_read_only() -> None:
    one = told("[]", "room ", "mounted ro", "lowest ", root="/var/lib/docker/100000.100000").engine.info
    assert (one.read_only, one.free, one.inodes) == (False, None, None)


@every("said", ["null\n", "Podman Engine\n", f"{SERVER}\n{{}}\n/x\n", f"{SERVER}\n"])
def test_what_stands_in_for_docker_is_refused(said: str) -> None:
    with pytest.raises(Unknown, match=r"^web: `docker` there is not Docker's") as caught:
        _ = stacks.host(0, said).engine.info
    assert caught.value.check == "docker.engine"


API_GONE = "failed to connect to the docker API at unix:///x; check if the daemon is running"


@every(
    "status, words, check, told",
    [
        (127, "sh: 1: docker: not found", "docker.engine", "there is no `docker` command"),
        (1, "permission denied while trying to connect to the docker API", "docker.access", "usermod -aG"),
        (1, "Cannot connect to the Docker daemon at unix:///x.", "docker.healthy", "systemctl start docker"),
        (1, API_GONE, "docker.healthy", "systemctl start docker"),
        (0, "ERROR: Cannot connect to the Docker daemon", "docker.healthy", "systemctl start docker"),
        (1, "a warning\nsomething else", "docker.healthy", "docker does not answer: something else$"),
        (0, "", "docker.healthy", "it said nothing"),
    ],
)
def test_why_docker_does_not_answer(status: int, words: str, check: str, told: str) -> None:
    with pytest.raises(Unknown, match=told) as caught:
        _ = stacks.host(status, "", words).engine.info
    assert caught.value.check == check


def test_compose_of_any_spelling() -> None:
    assert stacks.host(0, "v2.24.6\n").compose.version == "2.24.6"
    with pytest.raises(GonogoError, match="docker-compose-plugin"):
        _ = stacks.host(1, "", "docker: 'compose' is not a docker command.").compose.version
    with pytest.raises(GonogoError, match="docker-compose-plugin"):
        _ = stacks.host(0, "unknown\n").compose.version
    with pytest.raises(Unknown, match="there is no `docker` command") as caught:
        _ = stacks.host(127, "", "sh: 1: docker: not found").compose.version
    assert caught.value.check == "docker.engine"


@every(
    "text, numbers",
    [
        ("20.10.24+dfsg1", (20, 10, 24)),
        ("v2.24.6-desktop.1\n", (2, 24, 6)),
        ("27", (27,)),
        ("dev", ()),
        ("", ()),
    ],
)
def test_versions(text: str, numbers: tuple[int, ...]) -> None:
    assert version(text) == numbers
