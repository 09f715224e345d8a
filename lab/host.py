"""Disposable target hosts: containers with their own engine, sshd and files, reached as ``deploy`` by key."""

from __future__ import annotations

import re
import shlex
import socket
import subprocess
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from gonogo.deploy.errors import GonogoError, UsageError
from lab import access, box, engine, images, owned, seed, state
from lab.docker import check, run, say
from lab.kind import NEWEST, Kind

READY_TIMEOUT_S = 60


@dataclass(frozen=True)
class Host:
    """A running host: ``ssh -F config alias`` logs in as ``deploy``; ``container`` is its name to Docker."""

    name: str
    container: str
    port: int
    folder: Path

    @property
    def alias(self) -> str:
        """The host's name in its ssh_config."""
        return self.container

    @property
    def config(self) -> Path:
        """The ssh_config file that knows the alias."""
        return self.folder / "ssh_config"


def up(name: str = "demo", holding: Collection[str] = (), kind: Kind = NEWEST) -> Host:
    """Return the host, running and ready: made, started or thawed again, or found as it is.

    ``holding``: images of this machine's engine that the host's has as well. ``kind``: of a new host; one
    that is there stays as it is. Raises GonogoError when the
    engine, the images or the host cannot be had, or when something that is not this lab's has its name;
    UsageError for a bad name.
    """
    folder = _folder(name)
    engine.ensure()
    images.ensure()
    found = owned.container(name)
    if found is None:
        say(f"creating the host {name}")
        found = _create(name, holding, kind)
    elif found.state == "paused":
        say(f"thawing the host {name}")
        check(["docker", "unpause", found.id])
    elif found.state != "running":
        say(f"starting the host {name} again")
        check(["docker", "start", found.id])
    folder.mkdir(mode=0o700, exist_ok=True)
    host = Host(name, found.name, found.port, folder)
    if found.state != "running" or not access.answers(host.config, host.alias):
        _wait(host)
    if holding:
        box.load(host.container, list(holding))
    return host


def find(name: str = "demo") -> Host:
    """Return a host that is up; raises GonogoError naming the command that makes it."""
    found = owned.container(name)
    if found is None or found.state not in ("running", "paused"):
        raise GonogoError(f"the lab host {name} is not up: run 'python -m lab up --name {name}'")
    return Host(name, found.name, found.port, _folder(name))


def down(name: str = "demo", *, all: bool = False) -> list[str]:
    """Remove the host, its volume and its keys (``all``: every host's of this state folder).

    Returns the names of which there was anything. What does not bear the lab's labels is never removed;
    raises GonogoError, with nothing removed, where it has the host's name or Docker does not answer.
    """
    if all:
        containers = {each.host: each.id for each in owned.containers()}
        volumes = {each: owned.volume_name(each) for each in owned.volumes()}
    else:
        folder, found, volume = _folder(name), owned.container(name), owned.volume(name)
        containers = {name: found.id} if found else {}
        volumes = {name: volume} if volume else {}
    for container in containers.values():
        check(["docker", "rm", "-f", "-v", container])
    for volume in volumes.values():
        check(["docker", "volume", "rm", volume])
    folders = access.kept() if all else [folder]
    forgotten = [each.name for each in folders if access.forget(each)]
    return sorted({*containers, *volumes, *forgotten})


def status() -> list[dict[str, str]]:
    """Return name, container, port, state, sshd and engine of every host of this state folder, by name.

    ``sshd`` and ``engine`` are "yes" where it answers within five seconds, else "no". Raises GonogoError
    where Docker does not answer.
    """
    found = owned.containers()
    with ThreadPoolExecutor(max(1, 2 * len(found))) as pool:
        sshd = [pool.submit(_sshd_answers, each) for each in found]
        inner = [pool.submit(_engine_answers, each) for each in found]
        return [
            {
                "name": each.host,
                "container": each.name,
                "port": str(each.port),
                "state": each.state,
                "sshd": "yes" if ssh.result() else "no",
                "engine": "yes" if answer.result() else "no",
            }
            for each, ssh, answer in zip(found, sshd, inner, strict=True)
        ]


def execute(
    name: str, script: str, *, user: str = "deploy", stdin: bytes | None = None, timeout: float = 300
) -> subprocess.CompletedProcess[bytes]:
    """Run a shell script inside the host, past sshd, and return its result whatever its exit status."""
    command = ["docker", "exec", "-i", "-u", user, find(name).container, "bash", "-c", script]
    return run(command, stdin=stdin, timeout=timeout)


def put(name: str, path: str, data: bytes, *, mode: str = "0600", owner: str = "deploy:deploy") -> None:
    """Write a file inside the host with its mode and owner; its folder is made where it is missing.

    Raises GonogoError where the host is not up, or the file cannot be written.
    """
    file, parent = shlex.quote(path), shlex.quote(str(Path(path).parent))
    script = f"set -e; mkdir -p {parent}; umask 077; cat > {file}; chown {owner} {file}; chmod {mode} {file}"
    result = execute(name, script, user="root", stdin=data)
    if result.returncode != 0:
        raise GonogoError(f"could not write {path} on lab host {name}: {result.stderr.decode().strip()}")


def load(name: str, tags: list[str]) -> list[str]:
    """Copy images of this machine's engine into the host's, past SSH; returns the tags that it lacked.

    Raises GonogoError where the host is not up, or an image is not here or does not arrive.
    """
    return box.load(find(name).container, tags)


def _folder(name: str) -> Path:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,30}", name) or name == "cache":
        raise UsageError(f"--name {name!r} is no host name: expected lower-case letters, digits and dashes")
    return state.folder() / name


def _create(name: str, holding: Collection[str], kind: Kind) -> owned.Container:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    volume, container = owned.volume(name) or _volume(name, holding, kind), owned.container_name(name)
    options = [*owned.marks(name), "--label", f"{owned.PORT_LABEL}={port}"]
    box.start(container, volume, [*options, "--hostname", name, "-p", f"127.0.0.1:{port}:22"], kind)
    return owned.Container(name, container, container, "created", port)


def _volume(name: str, holding: Collection[str], kind: Kind) -> str:
    volume = owned.volume_name(name)
    check(["docker", "volume", "create", *owned.marks(name), volume])
    try:
        if holding:
            seed.sow(holding, volume, kind)
    except BaseException:
        run(["docker", "volume", "rm", volume])  # an engine would take half a copy for a whole one
        raise
    return volume


def _sshd_answers(found: owned.Container) -> bool:
    config = _folder(found.host) / "ssh_config"
    return found.state == "running" and access.answers(config, found.name)


def _engine_answers(found: owned.Container) -> bool:
    return found.state == "running" and box.answers(found.id)


def _wait(host: Host) -> None:
    key, config = access.make_key(host.folder), None
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline:
        if run(["docker", "exec", host.container, "test", "-s", "/run/sshd.pid"]).returncode == 0:
            if config is None:
                access.authorize(host.container, key)
                config = access.write_config(host.folder, host.container, host.port)
            if box.answers(host.container) and access.answers(config, host.alias):
                return
        time.sleep(0.2)
    log = run(["docker", "exec", host.container, "tail", "-n", "1", "/var/log/dockerd.log"]).stdout
    raise GonogoError(
        f"lab host {host.name} was not ready within {READY_TIMEOUT_S} s; its engine's last line: "
        f"{log.decode(errors='replace').strip() or 'none'}"
    )
