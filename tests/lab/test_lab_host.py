"""A host of the lab is a server of its own: made, found, reached by its key only, removed without a rest."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gonogo.deploy.errors import GonogoError, UsageError
from lab import engine, host, images
from lab.docker import check, run
from lab.kind import NEWEST

pytestmark = pytest.mark.lab
NAME = f"t-host-{os.getpid()}"


@pytest.fixture(scope="module")
def made() -> Iterator[host.Host]:
    """A fresh host, removed afterwards."""
    yield host.up(NAME)
    host.down(NAME)


def ssh(made: host.Host, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return run(["ssh", "-F", str(made.config), "-o", "BatchMode=yes", *arguments], timeout=30)


def exists(kind: str, name: str) -> bool:
    return run(["docker", kind, "inspect", name]).returncode == 0


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


def test_status_tells_what_answers(made: host.Host) -> None:
    (row,) = [each for each in host.status() if each["name"] == NAME]
    named = {"name": NAME, "container": made.container, "port": str(made.port)}
    assert row == {**named, "state": "running", "sshd": "yes", "engine": "yes"}


def test_down_removes_that_host_and_nothing_else(made: host.Host) -> None:
    other = f"{NAME}-2"
    folder = host.up(other).folder
    assert {NAME, other} <= {row["name"] for row in host.status()}
    assert host.down(other) == [other]
    assert other not in {row["name"] for row in host.status()}
    assert host.find(NAME) == made
    assert not folder.exists()
    assert not exists("volume", f"gonogo-lab-{other}-docker")
    assert host.down(other) == []


def test_down_all_removes_the_hosts_of_its_state_folder_only(
    made: host.Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"{NAME}-3"
    monkeypatch.setenv("GONOGO_LAB_STATE", str(tmp_path / "a state"))
    own = host.up(name)
    try:
        (tmp_path / "a state" / "notes").mkdir()
        assert [row["name"] for row in host.status()] == [name]
        with pytest.raises(GonogoError, match=f"{made.container} belongs to .*GONOGO_LAB_STATE="):
            host.down(NAME)
    finally:
        removed = host.down(all=True)
    assert removed == [name]
    assert not exists("container", own.container)
    assert not exists("volume", f"{own.container}-docker")
    assert [each.name for each in (tmp_path / "a state").iterdir()] == ["notes"]
    monkeypatch.undo()
    assert host.find(NAME) == made


@pytest.fixture
def foreign() -> Iterator[str]:
    """The name of a host whose container and volume are there, and are not the lab's."""
    name = f"{NAME}-foreign"
    container, volume = f"gonogo-lab-{name}", f"gonogo-lab-{name}-docker"
    # The image bears the lab's label, and Docker gives it to the container.
    check(["docker", "create", "--name", container, "-v", f"{volume}:/data", "gonogo-lab/redis"])
    yield name
    check(["docker", "rm", "-f", container])
    check(["docker", "volume", "rm", volume])


def test_a_foreign_container_of_the_name_is_refused_and_survives(
    foreign: str, made: host.Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for act in (host.up, host.find, host.down):
        with pytest.raises(
            GonogoError, match=rf"the container gonogo-lab-{foreign} is not .*dev\.gonogo\.lab\.host"
        ):
            act(foreign)
    monkeypatch.setenv("GONOGO_LAB_STATE", str(tmp_path))
    assert host.down(all=True) == []
    assert exists("container", f"gonogo-lab-{foreign}")
    assert exists("volume", f"gonogo-lab-{foreign}-docker")


def test_a_foreign_volume_of_the_name_is_refused_and_survives() -> None:
    name, volume = f"{NAME}-4", f"gonogo-lab-{NAME}-4-docker"
    check(["docker", "volume", "create", volume])
    try:
        for act in (host.up, host.down):
            with pytest.raises(GonogoError, match=f"the volume {volume} is not"):
                act(name)
        assert exists("volume", volume)
        assert not exists("container", f"gonogo-lab-{name}")
    finally:
        check(["docker", "volume", "rm", volume])


def test_without_an_engine_down_and_status_fail_and_keep_the_keys(
    made: host.Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    for arguments in (["down", "--name", NAME], ["status"]):
        result = run([sys.executable, "-m", "lab", *arguments])
        said = result.stderr.decode()
        assert (result.returncode, result.stdout) == (GonogoError.exit_code, b"")
        assert said.startswith("lab: the lab cannot ask Docker")
        assert said.count("\n") == 1
    assert (made.folder / "id_ed25519").exists()


@pytest.mark.parametrize("chosen", ["DOCKER_HOST", "DOCKER_CONTEXT", "currentContext"])
def test_a_chosen_engine_that_does_not_answer_is_not_replaced(
    chosen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[str] = []
    monkeypatch.setattr(engine, "_install", lambda: called.append("install"))
    monkeypatch.setattr(engine, "_start", lambda: called.append("start"))
    if chosen == "currentContext":
        (tmp_path / "config.json").write_text('{"currentContext": "unix-nowhere"}')
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    else:
        monkeypatch.setenv(chosen, "unix:///nowhere.sock" if chosen == "DOCKER_HOST" else "unix-nowhere")
    with pytest.raises(GonogoError, match=r"no Docker Engine answers at .*nowhere.* the one you chose"):
        engine.ensure()
    assert called == []


def test_images_goes_by_the_label_and_leaves_what_is_used(
    made: host.Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    tags = {"mine": f"gonogo-lab/t-{os.getpid()}", "foreign": f"gonogo-lab/t-{os.getpid()}-foreign"}
    check(["docker", "build", "-q", "-t", tags["mine"], "-"], stdin=b"FROM gonogo-lab/base\nRUN true\n")
    check(["docker", "import", "-", tags["foreign"]], stdin=b"\0" * 10240)
    monkeypatch.setattr(images, "PARENTS", dict.fromkeys((*tags.values(), NEWEST.image), ""))
    monkeypatch.setattr(images.base, "PACKAGES", {})
    try:
        with pytest.raises(GonogoError, match=rf"{NEWEST.image}:latest.*could not be removed"):
            images.remove()
        assert not exists("image", tags["mine"])
        assert exists("image", tags["foreign"])
    finally:
        for tag in tags.values():
            run(["docker", "image", "rm", tag])


@pytest.mark.parametrize("name", ["", "Demo", "../x", "a b", "cache"])
def test_a_bad_name_is_refused_before_anything_is_done(name: str) -> None:
    with pytest.raises(UsageError, match="host name"):
        host.up(name)
