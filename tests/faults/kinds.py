"""The faults: each is done to a stage or to the runner while it is entered, and undone at its end."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from lab import faults, host, registry
from tests.faults import dumping
from tests.faults.running import Runner
from tests.faults.stage import Stage
from tests.lab.chat import STACK

Doing = Callable[[Stage, Runner], AbstractContextManager[None]]
KILL_ENGINE = "touch /run/engine-off; pkill -KILL -x dockerd; while pgrep -x dockerd; do sleep 0.1; done"
RUNNING = (
    "docker ps -q --no-trunc -f label=com.docker.compose.project; docker ps -q --no-trunc -f name=theirs"
)
FILLER = f"{STACK}/filler"
SQUATTER = "docker run -d --name squatter -p 3100:80 --entrypoint sleep gonogo-lab/redis:latest infinity"
DATE = "/usr/local/bin/date"
HOUR = '#!/bin/sh\nexec /usr/bin/date -d "+1 hour" "$@"\n'


@dataclass(frozen=True)
class Fault:
    """A fault: how long it holds (the bounds, in seconds; None: at once), and what else it needs or does.

    ``release``: the only release that it makes sense with. ``away``: it takes the stack itself away for a
    while. ``registry``: the release goes by way of the registry. ``until``: the steps at whose begin it comes
    too late. ``steps``: the only steps that it meets; empty for all. ``dump``: mongodump makes the backup.
    """

    do: Doing
    hold: tuple[float, float] | None = None
    release: str = ""
    away: bool = False
    registry: bool = False
    until: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    dump: bool = False

    def meets(self, step: str) -> bool:
        """Return whether it makes sense at a step."""
        return step not in self.until and (not self.steps or step in self.steps)


def _signalled(number: int, group: bool = False) -> Doing:
    @contextlib.contextmanager
    def do(_: Stage, runner: Runner) -> Iterator[None]:
        runner.signal(number, group=group)
        yield

    return do


@contextlib.contextmanager
def cut(stage: Stage, _: Runner) -> Iterator[None]:
    """Every connection is reset, and none is taken."""
    stage.line.cut()
    try:
        yield
    finally:
        stage.line.fix()


@contextlib.contextmanager
def stalled(stage: Stage, _: Runner) -> Iterator[None]:
    """Connections stay open, and nothing passes."""
    stage.line.stall()
    try:
        yield
    finally:
        stage.line.resume()


@contextlib.contextmanager
def slow(stage: Stage, _: Runner) -> Iterator[None]:
    """The round trip takes 2 s."""
    stage.line.slow(1.0)
    try:
        yield
    finally:
        stage.line.slow(0.0)


@contextlib.contextmanager
def spoilt(stage: Stage, _: Runner) -> Iterator[None]:
    """One byte of a stream arrives as another."""
    stage.line.spoil()
    yield


@contextlib.contextmanager
def engine_killed(stage: Stage, _: Runner) -> Iterator[None]:
    """The engine is killed, and started again.

    An engine that was killed does not keep the promise of `restart: unless-stopped` (seen with 20.10): its
    owner starts what ran.
    """
    ran = stage.root(RUNNING).split()
    stage.root(KILL_ENGINE)
    try:
        yield
    finally:
        stage.root(faults.START_ENGINE)
        stage.root(f"for id in {' '.join(ran)}; do docker start $id; done 2>/dev/null; true")


@contextlib.contextmanager
def frozen(stage: Stage, _: Runner) -> Iterator[None]:
    """Every process of the host rests."""
    with faults.frozen(stage.name):
        yield


@contextlib.contextmanager
def disk_full(stage: Stage, _: Runner) -> Iterator[None]:
    """Not one byte is free where the stack's files lie."""
    stage.root(f"! cat /dev/zero > {FILLER} 2>/dev/null")
    try:
        yield
    finally:
        stage.root(f"rm -f {FILLER}")


@contextlib.contextmanager
def killed_inside(stage: Stage, _: Runner) -> Iterator[None]:
    """The API's process gets SIGKILL from outside its container, as the kernel does when memory runs out."""
    stage.root("p=$(docker inspect -f '{{.State.Pid}}' chat-api) && [ $p != 0 ] && kill -KILL $p; true")
    yield


@contextlib.contextmanager
def port_taken(stage: Stage, _: Runner) -> Iterator[None]:
    """Somebody else takes a port that the release is about to publish."""
    stage.root(SQUATTER)
    try:
        yield
    finally:
        assert stage.root("docker inspect -f '{{.State.Running}}' squatter").strip() == "true"
        stage.root("docker rm -f -v squatter")


@contextlib.contextmanager
def second_runner(stage: Stage, runner: Runner) -> Iterator[None]:
    """Another deployment begins; while the first holds the lock, it must do nothing at all."""
    if runner.locked:
        argv = [sys.executable, "-m", "gonogo.deploy", "deploy", str(stage.chat.file), "--yes", "--quiet"]
        argv += ["--reports", str(stage.chat.published)]
        other = stage.chat._run(argv)
        if runner.alive or other.returncode != 0:
            assert other.returncode == 6, other.stdout + other.stderr
            assert "wait for it" in other.stdout
    yield


@contextlib.contextmanager
def registry_gone(stage: Stage, _: Runner) -> Iterator[None]:
    """The registry is stopped."""
    with registry.stopped(stage.name):
        yield


@contextlib.contextmanager
def clock_jump(stage: Stage, _: Runner) -> Iterator[None]:
    """The target's clock is an hour ahead; the kernel's is everybody's, so it is `date` that jumps."""
    host.put(stage.name, DATE, HOUR.encode(), mode="0755", owner="root:root")
    try:
        yield
    finally:
        stage.root(f"rm -f {DATE}")


@contextlib.contextmanager
def none(_: Stage, __: Runner) -> Iterator[None]:
    """Nothing: the release itself is the fault."""
    yield


def dead_holder(stage: Stage) -> None:
    """Leave the lock of a runner that is no more."""
    gone = subprocess.Popen(["true"])
    gone.wait()
    holder = {"who": "ada", "machine": socket.gethostname(), "pid": gone.pid, "version": "v0", "run": "0"}
    since = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    data = json.dumps({**holder, "since": since}).encode()
    host.put(stage.name, f"{STACK}/.deploy/lock", data)


BEFORE_THE_SWITCH = ("switch api", "switch web", "verify", "finish", "rollback", "verify after rollback")
DATA_STEPS = ("backup", "restore proof")
KINDS: dict[str, Fault] = {
    "SIGKILL": Fault(_signalled(signal.SIGKILL)),
    "SIGTERM": Fault(_signalled(signal.SIGTERM)),
    "SIGINT": Fault(_signalled(signal.SIGINT, group=True)),
    "cut": Fault(cut, (1, 20)),
    "stalled": Fault(stalled, (2, 30)),
    "slow": Fault(slow, (10, 40)),
    "spoilt": Fault(spoilt),
    "engine killed": Fault(engine_killed, (0, 5), away=True),
    "frozen": Fault(frozen, (2, 20), away=True),
    "disk full": Fault(disk_full, (60, 60)),
    "api killed": Fault(killed_inside, away=True),
    "port taken": Fault(port_taken, (60, 60), release="another-port", until=BEFORE_THE_SWITCH),
    "registry gone": Fault(registry_gone, (60, 60), registry=True),
    "second runner": Fault(second_runner),
    "clock jump": Fault(clock_jump, (5, 60)),
    "mongodump killed": Fault(dumping.tool_killed, dump=True, steps=DATA_STEPS),
    "database killed": Fault(dumping.database_killed, (0, 5), dump=True, away=True, steps=DATA_STEPS),
    "writes and deletes": Fault(dumping.traffic, (300, 300), dump=True, steps=("lock",)),
}
RELEASES = ("never-healthy", "so-so", "dies-later", "out-of-memory")
"""Releases that are a fault by themselves."""
LOCK = "dead holder"
"""The fault that lies on the target before the run."""
