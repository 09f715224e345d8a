"""What goes wrong with real servers, done to a host of the lab and undone again.

Every fault is a context manager. Its end undoes it where it is still there, and is content where the host was
restarted, stopped or removed meanwhile.
"""

from __future__ import annotations

import contextlib
import json
import shlex
from collections.abc import Iterator

from gonogo.deploy.errors import GonogoError
from lab import host, owned
from lab.docker import check
from lab.relay import Relay

DATA_ROOT = "/var/lib/docker"
STOP_ENGINE = "touch /run/engine-off; pkill -x dockerd; while pgrep -x dockerd; do sleep 0.1; done"
START_ENGINE = "rm -f /run/engine-off; until docker version > /dev/null 2>&1; do sleep 0.1; done"
UNMOUNT = "! findmnt -n -o SOURCE --mountpoint {path} | grep -qx gonogo-full || umount -l {path}"
FILL = "! cat /dev/zero > {path}/filler 2> /dev/null"


@contextlib.contextmanager
def cut_off(name: str) -> Iterator[None]:
    """Drop every packet to the host's sshd, as a cut line does: connections hang, nothing is refused."""
    rule = "INPUT -p tcp --dport 22 -j DROP"
    _as_root(name, f"iptables -I {rule}")
    try:
        yield
    finally:
        _undo(name, f"! iptables -C {rule} 2> /dev/null || iptables -D {rule}")


@contextlib.contextmanager
def engine_stopped(name: str) -> Iterator[None]:
    """Stop the host's engine and start it again at the end; the host itself and its sshd go on."""
    try:
        _as_root(name, STOP_ENGINE)
        yield
    finally:
        _undo(name, START_ENGINE)


def store_changed(name: str, store: str) -> None:
    """Let the engine of a host of Docker 26 keep its images in another store (see ``lab.kind``) from now on.

    What the store of before held stays on the disk, and no command finds it, until the engine goes back.
    """
    given = json.dumps({"features": {"containerd-snapshotter": store == "containerd"}})
    with engine_stopped(name):
        _as_root(name, f"mkdir -p /etc/docker && echo {shlex.quote(given)} > /etc/docker/daemon.json")


@contextlib.contextmanager
def frozen(name: str) -> Iterator[None]:
    """Freeze every process of the host: the kernel takes connections, and nothing ever answers on them."""
    check(["docker", "pause", host.find(name).container])
    try:
        yield
    finally:
        found = owned.container(name)
        if found is not None and found.state == "paused":
            check(["docker", "unpause", found.id])


@contextlib.contextmanager
def disk_full(name: str, path: str = "/srv/full", size: str = "20m") -> Iterator[str]:
    """Give a folder of the host, ``deploy``'s, on a disk of its own of which not one byte is free.

    ``size`` is the disk's, as tmpfs takes it. What the folder held is hidden until the end.
    """
    folder = shlex.quote(path)
    made = _as_root(name, f"[ -d {folder} ] || {{ mkdir -p {folder} && echo made; }}")
    try:
        _as_root(name, f"mount -t tmpfs -o size={shlex.quote(size)},mode=755 gonogo-full {folder}")
        _as_root(name, f"chown deploy: {folder}; {FILL.format(path=folder)}")
        yield path
    finally:
        _undo(name, UNMOUNT.format(path=folder))
        if made:
            _undo(name, f"[ ! -d {folder} ] || rmdir {folder}")


@contextlib.contextmanager
def docker_root_full(name: str) -> Iterator[None]:
    """Let the host's engine find its data root full: no image, container or log fits any more.

    The engine is restarted on a copy of its data on a full disk, and at the end on the data itself: what
    changed meanwhile is gone. The copy lies in memory.
    """
    room = f"$(( $(du -sk {DATA_ROOT} | cut -f 1) * 11 / 10 + 65536 ))k"  # the engine writes when it starts
    try:
        _as_root(name, STOP_ENGINE)
        _as_root(name, f"mkdir /run/full && mount -t tmpfs -o size={room} gonogo-full /run/full")
        _as_root(name, f"cp -a {DATA_ROOT}/. /run/full && mount --move /run/full {DATA_ROOT}")
        _as_root(name, START_ENGINE)
        _as_root(name, FILL.format(path=DATA_ROOT))
        yield
    finally:
        _undo(name, STOP_ENGINE)
        _undo(name, f"{UNMOUNT.format(path='/run/full')}; [ ! -d /run/full ] || rmdir /run/full")
        _undo(name, UNMOUNT.format(path=DATA_ROOT))
        _undo(name, START_ENGINE)


@contextlib.contextmanager
def slow_line(made: host.Host, delay_s: float) -> Iterator[int]:
    """Give a local port that leads to the host's sshd with ``delay_s`` seconds added each way."""
    with Relay(made.port, delay_s) as line:
        yield line.port


@contextlib.contextmanager
def stalled(made: host.Host) -> Iterator[Relay]:
    """Give a line to the host's sshd, at ``.port``, that stops at ``.stall()`` and goes on at ``.resume()``.

    While it is stopped, connections stay open without a word, and new ones get no answer.
    """
    with Relay(made.port) as line:
        yield line


def _undo(name: str, script: str) -> None:
    """Run what ends a fault; a host that does not run has lost the fault with its processes and mounts."""
    found = owned.container(name)
    if found is not None and found.state == "running":
        _as_root(name, script)


def _as_root(name: str, script: str) -> str:
    # The time is kept inside: ending `docker exec` alone would leave the script running in the host.
    result = host.execute(name, f"timeout 60 bash -c {shlex.quote(script)}", user="root", timeout=90)
    if result.returncode != 0:
        said = result.stderr.decode(errors="replace").strip() or f"exit status {result.returncode}"
        raise GonogoError(f"'{script}' failed on lab host {name}: {said}")
    return result.stdout.decode(errors="replace")
