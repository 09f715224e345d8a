"""A real registry on a lab host (Debian's docker-registry), with a login, over TLS or on the loopback."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gonogo.deploy.errors import GonogoError
from lab import host
from lab.docker import check

FOLDER = "/run/registry"
HERE = Path("/etc/docker/certs.d")
MADE = "made-by-gonogo-lab"
READY_TIMEOUT_S = 10
# The authority's key stays on the host; its certificate is what Docker is told to trust. Python's strict
# verification wants every one of these extensions.
CERTIFICATES = """
umask 077; cd {folder}
new="openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
$new -subj "/CN=lab authority" -keyout ca.key -out ca.crt -addext keyUsage=critical,keyCertSign
$new -subj "/CN=lab registry" -CA ca.crt -CAkey ca.key -keyout tls.key -out tls.crt \
    -addext subjectAltName=IP:{address} -addext basicConstraints=critical,CA:FALSE
"""
STOP = (
    f"if pid=$(cat {FOLDER}/pid 2>/dev/null); then kill $pid; "
    "while kill -0 $pid 2>/dev/null; do sleep 0.05; done; fi"
)
START = "setsid docker-registry serve config.yml > log 2>&1 < /dev/null & echo $! > pid"


@dataclass(frozen=True)
class Registry:
    """A registry that runs.

    ``host``: as it stands before image names; ``authority``: its certificate in PEM, empty without TLS.
    """

    lab_host: str
    host: str
    authority: str = ""

    def trusted(self, yes: bool = True, *, on: str = "") -> None:
        """Let Docker on the lab host, or on another one, trust the registry's authority, or no longer."""
        folder, name = f"/etc/docker/certs.d/{self.host}", on or self.lab_host
        if yes:
            host.put(name, f"{folder}/ca.crt", self.authority.encode(), mode="0644", owner="root:root")
        else:
            _as_root(name, f"rm -rf {folder}")

    @contextlib.contextmanager
    def trusted_here(self) -> Iterator[None]:
        """Let this machine's engine trust the registry's authority until the end; raises GonogoError."""
        folder = HERE / self.host
        files = folder / MADE, folder / "ca.crt"
        try:
            # A process that was killed has left it, and another registry has the address now.
            folder.mkdir(parents=True, exist_ok=files[0].exists())
            for file in files:
                file.write_text(self.authority)
        except OSError as error:
            raise GonogoError(f"{folder} cannot be made: {error.strerror}") from None
        try:
            yield
        finally:
            for file in files:
                file.unlink()
            folder.rmdir()

    def login(self, user: str, password: str) -> None:
        """Log the lab host's Docker in, as the user ``deploy``; raises GonogoError when it is refused."""
        command = f"docker login -u {user} --password-stdin {self.host} 2>&1"
        done = host.execute(self.lab_host, command, stdin=password.encode())
        if done.returncode != 0:
            raise GonogoError(f"docker login on lab host {self.lab_host}: {done.stdout.decode().strip()}")

    def logout(self) -> None:
        """Log the lab host's Docker out."""
        host.execute(self.lab_host, f"docker logout {self.host}")


@contextlib.contextmanager
def running(name: str, user: str, password: str, *, port: int = 5000, tls: bool = True) -> Iterator[Registry]:
    """Run an empty registry on a lab host until the end, with one login.

    With ``tls`` its name is the host's own address, which this machine reaches too; without, 127.0.0.1.
    Raises GonogoError when it does not start.
    """
    container = host.find(name).container
    inspected = json.loads(
        check(["docker", "inspect", "-f", "{{json .NetworkSettings.Networks}}", container])
    )
    address = next(iter(inspected.values()))["IPAddress"] if tls else "127.0.0.1"
    _as_root(name, f"{STOP}; rm -rf {FOLDER}; install -d -m 700 {FOLDER}")
    if tls:
        _as_root(name, f"set -e\n{CERTIFICATES.format(folder=FOLDER, address=address)}")
    _as_root(name, f"htpasswd -iBn {user} > {FOLDER}/htpasswd", password.encode())
    http = {"addr": f"{'' if tls else '127.0.0.1'}:{port}"}
    files = {"certificate": f"{FOLDER}/tls.crt", "key": f"{FOLDER}/tls.key"}
    config = {
        "version": "0.1",
        "storage": {"filesystem": {"rootdirectory": f"{FOLDER}/data"}},
        "http": {**http, **({"tls": files} if tls else {})},
        "auth": {"htpasswd": {"realm": "lab", "path": f"{FOLDER}/htpasswd"}},
    }
    host.put(name, f"{FOLDER}/config.yml", json.dumps(config).encode(), owner="root:root")
    try:
        _start(name, port)
        authority = _as_root(name, f"cat {FOLDER}/ca.crt") if tls else ""
        yield Registry(name, f"{address}:{port}", authority)
    finally:
        _as_root(name, f"{STOP}; rm -rf {FOLDER}")


@contextlib.contextmanager
def stopped(name: str, port: int = 5000) -> Iterator[None]:
    """Stop the registry of a lab host and start it again at the end, with all that it holds."""
    _as_root(name, STOP)
    try:
        yield
    finally:
        _start(name, port)


def _start(name: str, port: int) -> None:
    _as_root(name, f"cd {FOLDER} || exit 1; {START}")
    deadline = time.monotonic() + READY_TIMEOUT_S
    while host.execute(name, f"ss -Hltn 'sport = :{port}' | grep -q .").returncode != 0:
        if time.monotonic() > deadline:
            last = host.execute(name, f"tail -n 1 {FOLDER}/log", user="root").stdout.decode().strip()
            raise GonogoError(f"the registry on lab host {name} did not start: {last}")
        time.sleep(0.1)


def _as_root(name: str, script: str, stdin: bytes | None = None) -> str:
    done = host.execute(name, script, user="root", stdin=stdin)
    if done.returncode != 0:
        raise GonogoError(f"the registry of lab host {name}: {done.stderr.decode().strip()}")
    return done.stdout.decode()
