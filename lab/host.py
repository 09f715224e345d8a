"""Disposable target hosts: containers with their own engine, sshd and files, reached as ``deploy`` by key."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from deploy.errors import GonogoError, UsageError
from lab import access, engine, images, state
from lab.docker import LABEL, check, run, say

HOST_LABEL = f"{LABEL}.host"
READY_TIMEOUT_S = 60
# An engine inside needs capabilities. --privileged fails where the machine itself lacks one of them.
PRIVILEGED = ["--privileged"]
CAPABLE = ["--cap-add", "ALL", "--cap-drop", "SYS_RESOURCE"]
CAPABLE += ["--security-opt", "seccomp=unconfined", "--security-opt", "systempaths=unconfined"]


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


def up(name: str = "demo") -> Host:
    """Return the host, running and ready: made, started again, or found as it is.

    Raises GonogoError when the engine, the images or the host cannot be had, UsageError for a bad name.
    """
    host_folder = _folder(name)
    container = f"gonogo-lab-{name}"
    engine.ensure()
    images.ensure()
    running = _inspect(container, "{{.State.Running}}")
    if running is None:
        say(f"creating the host {name}")
        _create(name, container)
    elif running == "false":
        say(f"starting the host {name} again")
        check(["docker", "start", container])
    host_folder.mkdir(mode=0o700, exist_ok=True)
    host = Host(
        name,
        container,
        int(_inspect(container, f'{{{{index .Config.Labels "{LABEL}.port"}}}}') or 0),
        host_folder,
    )
    if running != "true" or not access.answers(host.config, host.alias):
        _wait(host)
    return host


def find(name: str = "demo") -> Host:
    """Return a host that is up; raises GonogoError naming the command that makes it."""
    container = f"gonogo-lab-{name}"
    if _inspect(container, "{{.State.Running}}") != "true":
        raise GonogoError(f"the lab host {name} is not up: run 'python -m lab up --name {name}'")
    port = _inspect(container, f'{{{{index .Config.Labels "{LABEL}.port"}}}}') or "0"
    return Host(name, container, int(port), _folder(name))


def down(name: str = "demo", *, all: bool = False) -> list[str]:
    """Remove the host, its volume and its state (``all``: every host's) and return the names removed."""
    found = [row["name"] for row in status()]
    names = found if all else [name]
    for each in names:
        container = f"gonogo-lab-{each}"
        if each in found:
            check(["docker", "rm", "-f", "-v", container])
        run(["docker", "volume", "rm", f"{container}-docker"])
        shutil.rmtree(_folder(each), ignore_errors=True)
    return [each for each in names if each in found]


def status() -> list[dict[str, str]]:
    """Return name, container, port and state of every host of the lab, sorted by name."""
    form = '{"name": "{{.Label "dev.gonogo.lab.host"}}", "container": "{{.Names}}", "state": "{{.State}}", '
    form += '"port": "{{.Label "dev.gonogo.lab.port"}}"}'
    listed = run(["docker", "ps", "-a", "--filter", f"label={HOST_LABEL}", "--format", form])
    rows = [json.loads(line) for line in listed.stdout.splitlines()]
    return sorted(rows, key=lambda row: row["name"])


def execute(
    name: str, script: str, *, user: str = "deploy", stdin: bytes | None = None, timeout: float = 300
) -> subprocess.CompletedProcess[bytes]:
    """Run a shell script inside the host, past sshd, and return its result whatever its exit status."""
    command = ["docker", "exec", "-i", "-u", user, find(name).container, "bash", "-c", script]
    return run(command, stdin=stdin, timeout=timeout)


def put(name: str, path: str, data: bytes, *, mode: str = "0600", owner: str = "deploy:deploy") -> None:
    """Write a file inside the host with its mode and owner; its folder is made where it is missing."""
    file, parent = shlex.quote(path), shlex.quote(str(Path(path).parent))
    script = f"set -e; mkdir -p {parent}; umask 077; cat > {file}; chown {owner} {file}; chmod {mode} {file}"
    result = execute(name, script, user="root", stdin=data)
    if result.returncode != 0:
        raise GonogoError(f"could not write {path} on lab host {name}: {result.stderr.decode().strip()}")


def load(name: str, tags: list[str]) -> list[str]:
    """Copy images of this machine's engine into the host's, past SSH; returns the tags that it lacked."""
    container = find(name).container
    form = ["image", "inspect", "-f", "{{.Id}}"]
    missing = [
        tag
        for tag in tags
        if check(["docker", *form, tag]).encode()
        != run(["docker", "exec", container, "docker", *form, tag]).stdout
    ]
    if missing:
        save = subprocess.Popen(["docker", "save", *missing], stdout=subprocess.PIPE)
        into = ["docker", "exec", "-i", container, "docker", "load", "-q"]
        loaded = subprocess.run(into, stdin=save.stdout, capture_output=True, check=False)
        if save.wait() != 0 or loaded.returncode != 0:
            raise GonogoError(f"could not load {', '.join(missing)}: {loaded.stderr.decode().strip()}")
    return missing


def _folder(name: str) -> Path:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,30}", name) or name == "cache":
        raise UsageError(f"--name {name!r} is no host name: expected lower-case letters, digits and dashes")
    return state.folder() / name


def _inspect(container: str, form: str) -> str | None:
    result = run(["docker", "container", "inspect", "-f", form, container])
    return result.stdout.decode().strip() if result.returncode == 0 else None


def _create(name: str, container: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    labels = {LABEL: "1", HOST_LABEL: name, f"{LABEL}.port": str(port)}
    marks = [part for key, value in labels.items() for part in ("--label", f"{key}={value}")]
    volume = f"{container}-docker"
    check(["docker", "volume", "create", "--label", f"{LABEL}=1", volume])
    common = [*marks, "--name", container, "--hostname", name, "-v", f"{volume}:/var/lib/docker"]
    common += ["-p", f"127.0.0.1:{port}:22", "gonogo-lab/host"]
    if run(["docker", "run", "-d", *PRIVILEGED, *common]).returncode != 0:
        run(["docker", "rm", "-f", container])
        check(["docker", "run", "-d", *CAPABLE, *common])


def _wait(host: Host) -> None:
    key, config = access.make_key(host.folder), None
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline:
        if run(["docker", "exec", host.container, "test", "-s", "/run/sshd.pid"]).returncode == 0:
            if config is None:
                access.authorize(host.container, key)
                config = access.write_config(host.folder, host.container, host.port)
            engine_up = run(
                ["docker", "exec", "-u", "deploy", host.container, "docker", "version"], timeout=20
            )
            if engine_up.returncode == 0 and access.answers(config, host.alias):
                return
        time.sleep(0.2)
    log = run(["docker", "exec", host.container, "tail", "-n", "1", "/var/log/dockerd.log"]).stdout
    raise GonogoError(
        f"lab host {host.name} was not ready within {READY_TIMEOUT_S} s; its engine's last line: "
        f"{log.decode(errors='replace').strip() or 'none'}"
    )
