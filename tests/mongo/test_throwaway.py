"""The throwaway server: gone with whoever holds on to it, whatever ends that, and seen by nobody else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.restore import throwaway
from gonogo.deploy.ssh.connection import Connection
from lab import engine, images
from lab.docker import LABEL, check, run
from tests.mongo.ground import IMAGE
from tests.unit.stacks import target

GONE_S = 15
HOLDER = (
    "import sys, time\n"
    "from gonogo.deploy.ssh.connection import Connection\n"
    "from gonogo.deploy.mongodb.restore import throwaway\n"
    "from tests.unit.stacks import target\n"
    "with Connection.open(target()) as connection, throwaway.server(connection, sys.argv[1]) as made:\n"
    "    print(made.name, flush=True)\n"
    "    time.sleep(60)\n"
)


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    engine.ensure()
    images.ensure()
    with Connection.open(target()) as connection:
        yield connection


def listed(kind: str, name: str) -> list[str]:
    every = ["-a"] if kind == "container" else []
    form = "{{.Names}}" if kind == "container" else "{{.Name}}"
    filters = ["--filter", f"label={throwaway.LABEL}={name}"]
    return check(["docker", kind, "ls", *every, *filters, "--format", form]).split()


def volumes() -> set[str]:
    return set(check(["docker", "volume", "ls", "--format", "{{.Name}}"]).split())


def mounted(name: str) -> list[str]:
    found = json.loads(check(["docker", "inspect", name]))[0]["Mounts"]
    return [one["Name"] for one in found if one["Type"] == "volume"]


def gone(name: str, kept: list[str]) -> bool:
    return not listed("container", name) and not listed("network", name) and not set(kept) & volumes()


def within(seconds: float, true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def test_it_is_empty_alone_and_gone_afterwards(connection: Connection) -> None:
    begun = time.monotonic()
    with throwaway.server(connection, IMAGE) as made:
        took = time.monotonic() - begun
        assert set(made.client.list_database_names()) <= {"admin", "config", "local"}
        assert made.client.admin.command("getParameter", ttlMonitorEnabled=1)["ttlMonitorEnabled"] is False
        found = json.loads(check(["docker", "inspect", made.name]))[0]
        assert found["NetworkSettings"]["Ports"] in ({}, {"27017/tcp": None})
        assert list(found["NetworkSettings"]["Networks"]) == [made.name]
        assert json.loads(check(["docker", "network", "inspect", made.name]))[0]["Internal"] is True
        assert not [key for key in found["Config"]["Labels"] or {} if key.startswith("com.docker.compose")]
        declared = check(["docker", "image", "inspect", "-f", "{{json .Config.Volumes}}", IMAGE])
        assert "/data/db" in declared, "the lab's image has a volume, so that it is seen that none is made"
        assert mounted(made.name) == []
    assert gone(made.name, [])
    print(f"up in {took:.2f} s")


def test_a_path_that_an_image_declares_may_have_spaces(connection: Connection, tmp_path: Path) -> None:
    tag = f"gonogo-lab/odd-{os.getpid()}"
    (tmp_path / "Dockerfile").write_text(f'FROM {IMAGE}\nVOLUME ["/a --privileged *"]\n')
    check(["docker", "build", "-q", "--label", f"{LABEL}=1", "-t", tag, str(tmp_path)])
    try:
        with throwaway.server(connection, tag) as made:
            found = json.loads(check(["docker", "inspect", made.name]))[0]["HostConfig"]
            assert {"/a --privileged *", "/data/db"} <= set(found["Tmpfs"])
            assert found["Privileged"] is False
    finally:
        check(["docker", "rmi", tag])


def test_two_at_once_do_not_meet(connection: Connection) -> None:
    with throwaway.server(connection, IMAGE) as one, throwaway.server(connection, IMAGE) as other:
        one.client["a"]["b"].insert_one({})
        assert one.name != other.name
        assert "a" not in other.client.list_database_names()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_it_is_gone_soon_after_its_holder(connection: Connection, how: signal.Signals) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, IMAGE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert holder.stdout is not None
    with holder:
        name = holder.stdout.readline().strip()
        kept = mounted(name)
        assert listed("container", name) == [name] and listed("network", name) == [name]
        os.kill(holder.pid, how)
    assert within(GONE_S, lambda: gone(name, kept))


def test_it_is_gone_when_nobody_gives_a_sign_of_life(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throwaway, "SILENT_S", 3)
    monkeypatch.setattr(throwaway, "BEAT_S", 0.5)
    with throwaway.server(connection, IMAGE) as made:
        kept = mounted(made.name)
        time.sleep(4)
        assert made.client.admin.command("ping")["ok"] == 1
    monkeypatch.setattr(throwaway, "BEAT_S", 60)
    with throwaway.server(connection, IMAGE) as made:
        assert within(GONE_S, lambda: gone(made.name, kept))


def test_an_error_within_leaves_nothing(connection: Connection) -> None:
    with pytest.raises(RuntimeError), throwaway.server(connection, IMAGE) as made:
        raise RuntimeError
    assert gone(made.name, [])


@pytest.mark.parametrize(
    ("image", "why"),
    [
        ("gonogo-lab/redis:latest", "it has no mongod"),
        ("sha256:" + "0" * 64, "No such image"),
    ],
)
def test_an_image_that_is_no_use(connection: Connection, image: str, why: str) -> None:
    begun = f"no throwaway MongoDB to restore into could be started: .*{why}"
    with pytest.raises(GonogoError, match=begun) as refused, throwaway.server(connection, image):
        pass
    assert "\n" not in str(refused.value)


def test_a_server_that_does_not_come_up_says_why(connection: Connection) -> None:
    why = r"could be started: .*cacheSizeGB must be greater than"
    with pytest.raises(GonogoError, match=why), throwaway.server(connection, IMAGE, mebibytes_cache=1):
        pass


def test_what_is_left_behind_is_swept_and_what_is_used_is_not(connection: Connection) -> None:
    name = f"gonogo-proof-{int(time.time()) - 3600}-test"
    mark = ["--label", f"{throwaway.LABEL}={name}"]
    check(["docker", "network", "create", "--internal", *mark, name])
    check(
        [
            "docker",
            "create",
            "-i",
            "--rm",
            "--name",
            name,
            "--network",
            name,
            *mark,
            "--entrypoint",
            "sh",
            IMAGE,
        ]
    )
    kept = mounted(name)
    other = f"{name}-not-ours"
    check(["docker", "network", "create", "--internal", other])
    try:
        with throwaway.server(connection, IMAGE) as made:
            throwaway.sweep(connection, -10)
            assert made.client.admin.command("ping")["ok"] == 1
            assert listed("network", made.name) == [made.name]
        assert gone(name, kept)
        assert run(["docker", "network", "inspect", other]).returncode == 0
    finally:
        for leftover in (["docker", "rm", "-f", name], ["docker", "network", "rm", name, other]):
            run(leftover)


def test_its_scripts_hold_no_secret_and_its_output_is_not_kept(
    connection: Connection, tmp_path: Path
) -> None:
    with throwaway.server(connection, IMAGE) as made:
        made.client["a"]["b"].insert_one({"x": "s3cret"})
    entries = connection.transcript.entries
    (held,) = [entry for entry in entries if made.name in entry.command and "docker run" in entry.command]
    assert "not kept: they may hold secrets" in held.output
    assert [entry.command for entry in entries if "s3cret" in entry.command + entry.output] == []
