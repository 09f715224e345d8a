"""Faults of a host, and a stack of one service on it, for the tests of its checks."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target import Target
from gonogo.deploy.target.target_file import parse
from lab import host
from lab.kind import NEWEST, Kind
from tests import harness
from tests.lab.connecting import reachable

IMAGE = "gonogo-lab/redis:latest"
PORTS = {"ports.free", "ports.privileged"}
OURS = {"com.docker.compose.project": "shop", "com.docker.compose.service": "cache"}
LISTEN = (
    "import socket, time; s = socket.socket(type=socket.SOCK_{kind}); s.bind({at!r}); {more}time.sleep(600)"
)


@contextlib.contextmanager
def on_host(name: str, kind: Kind = NEWEST) -> Iterator[tuple[host.Host, Connection]]:
    """Give a host of its own, with the image and the stack's folder, and a connection to it."""
    try:
        made = host.up(name, [IMAGE], kind)
        host.execute(name, "mkdir -p /srv/shop && chown deploy: /srv/shop", user="root")
        with Connection.open(reachable(made.alias, made.config)) as connection:
            yield made, connection
    finally:
        host.down(name)


@dataclass(frozen=True)
class Ground:
    """A host, a connection to it, and the folder of the stack's compose file here."""

    made: host.Host
    connection: Connection
    folder: Path

    def __post_init__(self) -> None:
        self.publish()

    def root(self, script: str) -> str:
        """Return what a script of root's printed on the host."""
        done = host.execute(self.made.name, script, user="root")
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def publish(self, *ports: str) -> None:
        """Let the stack's only service publish ports, and no others."""
        listed = "".join(f"\n      - '{port}'" for port in ports)
        text = f"services:\n  cache:\n    image: {IMAGE}\n"
        (self.folder / "compose.yaml").write_text(text + (f"    ports:{listed}\n" if ports else ""))

    def target(self, to: str = "", config: Path | None = None, **tables: Any) -> Target:
        """The target of the stack."""
        stack = {"path": "/srv/shop", "project": "shop", "compose_files": ["compose.yaml"]}
        way = {"host": to or self.made.alias, "ssh": {"config_file": str(config or self.made.config)}}
        calm = {"latency_ms": 5000}  # the machine that runs the tests may be busy
        given = {**stack, **way, "source": str(self.folder), "thresholds": calm, **tables}
        return parse(given, self.folder / "shop.toml")

    def failed(self, to: Target, only: set[str]) -> dict[str, str]:
        """The messages of the checks that failed; none may be blocked."""
        failed, blocked = self.failed_and_blocked(to, only)
        assert blocked == set()
        return failed

    def failed_and_blocked(self, to: Target, only: set[str]) -> tuple[dict[str, str], set[str]]:
        """The messages of the checks that failed, and which were blocked."""
        results = harness.over(self.connection, to, only=only)
        return harness.failed(results), {one.id for one in results.values() if one.status == "blocked"}

    @contextlib.contextmanager
    def instead(self, path: str, script: str) -> Iterator[None]:
        """Let a program of the host be another."""
        host.put(self.made.name, path, f"#!/bin/sh\n{script}\n".encode(), mode="0755", owner="root:root")
        try:
            yield
        finally:
            self.root(f"rm {path}")

    @contextlib.contextmanager
    def moved(self, path: str) -> Iterator[None]:
        """Let a file of the host be away."""
        self.root(f"mv {path} {path}.away")
        try:
            yield
        finally:
            self.root(f"mv {path}.away {path}")

    @contextlib.contextmanager
    def running(self, command: str, ready: str, user: str = "root") -> Iterator[None]:
        """Let a command run on the host; ``ready``: a command that succeeds as soon as it does its work."""
        wait = (
            f"for n in $(seq 50); do {ready} > /dev/null 2>&1 && break; sleep 0.1; done; {ready} > /dev/null"
        )
        script = f"setsid {command} < /dev/null > /dev/null 2>&1 & echo $!; {wait}"
        done = host.execute(self.made.name, script, user=user)
        pid = done.stdout.decode().split()[0]
        try:
            assert done.returncode == 0, done.stderr.decode()
            yield
        finally:
            self.root(f"kill {pid}")

    @contextlib.contextmanager
    def listening(
        self, port: int, address: str = "0.0.0.0", protocol: str = "tcp", user: str = "root"
    ) -> Iterator[None]:
        """Let a process of the host hold a port."""
        kind, more = ("STREAM", "s.listen(); ") if protocol == "tcp" else ("DGRAM", "")
        code = LISTEN.format(kind=kind, at=(address, port), more=more)
        with self.running(f"python3 -c {shlex.quote(code)}", f"ss -Hlntu | grep -q ':{port} '", user):
            yield

    @contextlib.contextmanager
    def container(self, *options: str, labels: dict[str, str] | None = None) -> Iterator[None]:
        """Let a container called ``holder`` run."""
        marks = [f"--label={key}={value}" for key, value in (labels or {}).items()]
        self.root(f"docker run -d --name holder {shlex.join([*marks, *options])} {IMAGE}")
        try:
            yield
        finally:
            self.root("docker rm -f holder")

    @contextlib.contextmanager
    def serving(self, port: int, days: int) -> Iterator[None]:
        """Let the host show a certificate that ends in some days."""
        made = f"/tmp/tls-{port}"
        self.root(
            f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days {days} "
            f"-subj /CN=shop -keyout {made}.key -out {made}.pem 2> /dev/null"
        )
        command = f"openssl s_server -accept {port} -cert {made}.pem -key {made}.key -quiet"
        try:
            with self.running(command, f"ss -Hlnt | grep -q ':{port} '"):
                yield
        finally:
            self.root(f"rm -f {made}.*")
