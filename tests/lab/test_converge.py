"""What brings a stack to a recorded release, forwards and back: small stacks on one host."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab import host
from lab.state import ROOT
from tests.forkserver import GONOGO
from tests.lab.converging import COMPOSE, REDIS, Converging, converging, record, sleeping

pytestmark = pytest.mark.lab
NAME = f"t-converge-{os.getpid()}"


@pytest.fixture(scope="module")
def made() -> Iterator[host.Host]:
    """A host with the image that all stacks use."""
    made = host.up(NAME, ["gonogo-lab/redis:latest"])
    yield made
    host.down(NAME)


@pytest.fixture
def stack(made: host.Host, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Converging]:
    """A project of its own, named after the test."""
    yield from converging(made, tmp_path, request.node.name, "MODE=good\nTOKEN=token-of-then-4711\n")


def test_the_way_back_is_with_the_env_file_of_then(stack: Converging) -> None:
    demands = 'test "$$MODE" = good || exit 3;'
    api = sleeping(demands, environment={"MODE": "${MODE}", "TOKEN": "${TOKEN}"})
    own = sleeping(demands, env_file=".env")
    stack.release(api=api, own=own)
    first = stack.current()
    stack.there({".env": "MODE=bad\nTOKEN=token-of-now-0815\nEXTRA=1\n"})
    done = stack.release(4, api={**api, "labels": {"v": "2"}}, own={**own, "labels": {"v": "2"}})
    assert stack.current() == first
    assert {stack.variable(name, "MODE") for name in ("api", "own")} == {"good"}
    notes = "\n".join(record(stack)["notes"])
    assert f"{first} is started with its own env file" in notes
    assert "changed: MODE, TOKEN; added: EXTRA" in notes
    assert "token-of" not in done.output + json.dumps(record(stack))
    assert stack.shell(f"stat -c %a {stack.path}/.deploy/releases/{first}/.env").strip() == "600"
    said = "env file  edited since the release, which runs without that: changed: MODE, TOKEN; added: EXTRA"
    assert said in stack.gonogo("status").output
    stack.there({".env": "MODE=good\nTOKEN=token-of-now-0815\n"})
    stack.release(api=api, own=own)
    back = stack.gonogo("rollback", "--to", first)
    assert stack.variable("api", "TOKEN") == "token-of-then-4711"
    assert stack.variable("own", "TOKEN") == "token-of-then-4711"
    assert "token-of" not in back.output


def test_a_way_back_runs_no_migration_again_and_frees_the_ports_that_it_needs(stack: Converging) -> None:
    script = ["sh", "-c", "echo ran >> /data/runs"]
    migrate: dict[str, Any] = {**REDIS, "volumes": ["state:/data"], "entrypoint": script}
    done = {"migrate": {"condition": "service_completed_successfully"}}
    runs = f"docker run --rm -v {stack.name}_state:/data --entrypoint cat {REDIS['image']} /data/runs"
    stack.release(migrate=migrate, api=sleeping(ports=["7301:80"], depends_on=done))
    first = stack.current()
    moved = sleeping(ports=["7302:80"], depends_on=done)
    stack.release(migrate=migrate, api=moved)
    second, api = stack.current(), stack.containers()["api"]

    changed = {**migrate, "labels": {"v": "3"}}
    stack.release(4, migrate=changed, api=moved, new=sleeping("exit 3;", depends_on=["api"]))
    assert (stack.current(), stack.containers()) == (second, {"api": api}), "what was new is gone"
    assert stack.shell(runs).split() == ["ran"] * 2, "once for each release, and not once more"
    stack.gonogo("status")

    stack.release(migrate=changed, api=moved, web=sleeping(ports=["7301:80"]))
    back = stack.gonogo("rollback", "--to", first)
    assert back.output.index("remove done") < back.output.index("switch api done")
    assert (stack.current(), set(stack.containers())) == (first, {"api"})
    assert stack.shell(runs).split() == ["ran"] * 3


def test_a_way_back_that_is_killed_goes_on_back_and_only_once(stack: Converging) -> None:
    api, web = sleeping(), sleeping(stop_signal="SIGKILL")
    stack.release(api=api, web=web)
    first, before = stack.current(), stack.containers()
    labels = {"labels": {"v": "2"}}
    stack.lay(
        {COMPOSE: json.dumps({"services": {"api": {**api, **labels}, "web": sleeping("exit 3;", **labels)}})}
    )
    killed(stack, "rollback …")
    assert stack.containers() != before
    back = stack.gonogo("resume", code=4)
    assert "was on its way back; back to " in back.output
    assert stack.current() == first
    running = stack.containers()
    assert "nothing to resume" in stack.gonogo("resume", code=3).output
    assert stack.containers() == running
    stack.gonogo("status")


def killed(stack: Converging, at: str) -> None:
    """Deploy, and kill the runner as soon as a line of it begins so."""
    argv = [GONOGO, "deploy", str(stack.file), "--yes", "--reports", str(stack.folder.parent / "reports")]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert any(line.startswith(at) for line in process.stdout)
        time.sleep(0.2)  # a step is shown before it is journalled
        process.kill()


def as_root(stack: Converging, line: str) -> None:
    done = host.execute(stack.made.name, line, user="root")
    assert done.returncode == 0, done.stderr.decode()


def test_what_a_rollback_cannot_start_is_known_before_a_container_is_stopped(stack: Converging) -> None:
    as_root(stack, "mknod -m 666 /dev/lab-meter c 1 3")
    metered = sleeping(devices=["/dev/lab-meter"])
    stack.release(meter=metered, log=sleeping())
    first = stack.current()
    stack.release(meter=sleeping(), log=sleeping(environment={"V": "2"}))
    before = stack.containers()
    as_root(stack, "rm /dev/lab-meter")
    refused = stack.gonogo("rollback", "--to", first, code=3)
    assert "the engine would not set up meter: devices: " in refused.output
    assert stack.containers() == before
    as_root(stack, "mknod -m 666 /dev/lab-meter c 1 3")
    assert "trial start" in stack.gonogo("rollback", "--to", first).output
    as_root(stack, "rm /dev/lab-meter")


def test_what_the_release_of_now_gives_back_is_not_missing(stack: Converging) -> None:
    hidden = sleeping(volumes=["/root/closed/to/the/login:/data"])
    stack.release(api=sleeping(), hidden=hidden)
    as_root(stack, "rm -r /root/closed")
    fill = "i=0; while docker network create lab-fill-$i; do i=$((i+1)); done >/dev/null 2>&1; [ $i -gt 0 ]"
    as_root(stack, fill)
    wide = {"networks": {"default": {"driver_opts": {"com.docker.network.driver.mtu": "1400"}}}}
    stack.release(0, wide, api=sleeping(), hidden={**hidden, "environment": {"V": "2"}})
    as_root(stack, "docker network ls -q -f name=lab-fill- | xargs docker network rm")


def test_a_crash_of_before_a_release_does_not_fail_it(stack: Converging) -> None:
    kept = sleeping(restart="always")
    stack.release(kept=kept, web=sleeping())
    pid = stack.shell(f"docker inspect -f '{{{{.State.Pid}}}}' {stack.containers()['kept']}").strip()
    as_root(stack, f"kill -9 {pid}; sleep 2")
    assert "restarted: " in stack.gonogo("verify", code=1).output, "under the release that runs"
    before = stack.containers()["kept"]
    stack.release(kept=kept, web=sleeping(environment={"V": "2"}))
    assert stack.containers()["kept"] == before
