"""testinfra's modules and the Docker SDK on a connection to a real server."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.docker import unreachable
from gonogo.deploy.host.docker_sdk import local_engine, target_engine
from gonogo.deploy.host.engine import ENGINE
from gonogo.deploy.release.host import Host
from gonogo.deploy.ssh.connection import Connection
from lab import faults, host
from tests.lab.connecting import reachable

pytestmark = pytest.mark.lab
NAME = f"t-back-{os.getpid()}"
IMAGE = "gonogo-lab/redis:latest"


@pytest.fixture(scope="module")
def made() -> Iterator[host.Host]:
    yield host.up(NAME)
    host.down(NAME)


@pytest.fixture(scope="module")
def connection(made: host.Host) -> Iterator[Connection]:
    with Connection.open(reachable(made.alias, made.config)) as connection:
        yield connection


@pytest.fixture(scope="module")
def there(connection: Connection) -> Host:
    return Host.over(connection)


def test_files(there: Host) -> None:
    host.put(NAME, "/srv/a b/it's", b"\xff\0content", mode="0640")
    file = there.file("/srv/a b/it's")
    assert (file.content, file.user, file.mode, file.size) == (b"\xff\0content", "deploy", 0o640, 9)
    assert there.file("/srv/a b").is_directory
    assert not there.file("/srv/none").exists


def test_sockets_interfaces_and_addresses(there: Host) -> None:
    assert there.socket("tcp://0.0.0.0:22").is_listening
    assert there.socket("tcp://22").is_listening
    assert not there.socket("tcp://127.0.0.1:1").is_listening
    assert there.interface("eth0").addresses
    assert there.addr("localhost").is_resolvable


def test_system_users_processes_and_packages(there: Host) -> None:
    assert there.system_info.distribution == "debian"
    assert there.user("deploy").groups.count("docker") == 1
    assert there.group("docker").exists
    assert there.process.filter(comm="dockerd")
    assert there.package("openssh-server").is_installed
    assert there.mount_point("/var/lib/docker").exists
    assert there.environment()["USER"] == "deploy"
    assert there.sysctl("kernel.ostype") == "Linux"


def test_commands_and_quoting(there: Host) -> None:
    result = there.run("printf %%s %s; exit 255", "it's $HOME \\n")
    assert (result.rc, result.stdout) == (255, "it's $HOME \\n")
    assert there.exists("docker")
    assert there.find_command("docker").startswith("/")


def test_containers_through_testinfra_and_the_sdk_agree(there: Host, connection: Connection) -> None:
    host.load(NAME, [IMAGE])
    engine = target_engine(connection)
    container = engine.containers.run(IMAGE, ["sleep", "60"], name="one", entrypoint="", detach=True)
    try:
        assert there.docker("one").is_running
        assert there.docker("one").id == container.id
        assert [each.name for each in engine.containers.list()] == ["one"]
        assert container.exec_run("echo inside").output == b"inside\n"
        address = there.docker("one").inspect()["NetworkSettings"]["IPAddress"]
        assert address
    finally:
        container.remove(force=True)
        engine.close()


def test_the_local_engine_is_another_one(connection: Connection) -> None:
    engine, here = target_engine(connection), local_engine()
    assert engine.info()["ID"] != here.info()["ID"]
    engine.close()
    here.close()


def test_a_stopped_engine_is_one_sentence(connection: Connection) -> None:
    with faults.engine_stopped(NAME), pytest.raises(GonogoError) as caught:
        target_engine(connection)
    message = str(caught.value)
    assert message.startswith(f"{connection.host}: ")
    assert "start it" in message
    assert "\n" not in message
    engine = target_engine(connection)
    assert engine.ping()
    engine.close()


def test_a_socket_without_permission_names_user_and_group(connection: Connection) -> None:
    host.execute(NAME, "chmod 600 /var/run/docker.sock; chown root:root /var/run/docker.sock", user="root")
    try:
        with pytest.raises(GonogoError, match=r"user deploy may not use .*usermod -aG docker deploy"):
            target_engine(connection)
    finally:
        host.execute(
            NAME, "chown root:docker /var/run/docker.sock; chmod 660 /var/run/docker.sock", user="root"
        )


@pytest.mark.parametrize(
    ("version", "told"), [("1.10", "the engine takes none below"), ("1.99", "the engine knows none above")]
)
def test_an_engine_that_refuses_the_version_of_a_command_is_one_sentence(
    connection: Connection, version: str, told: str
) -> None:
    result = connection.run(f"DOCKER_API_VERSION={version} {ENGINE}")
    found = unreachable(connection.host, result)
    assert f"asks in API version {version}, and {told} 1." in str(found)
    assert found.check == "docker.healthy"
