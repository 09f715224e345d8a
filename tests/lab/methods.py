"""A small stack whose image is brought by each method, from this machine's engine or a lab host's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lab import host, registry
from lab.kind import Kind
from lab.relay import Relay
from lab.state import ROOT
from tests.lab.chat import typed
from tests.lab.connecting import other_config

BASE = "gonogo-lab/redis:latest"
ROOM, CLONE = "/srv/shop", "/srv/shop/repo"
USER, PASSWORD = "lab", "s3cret-of-the-lab!$"
LOGIN = {"REGISTRY_USERNAME": USER, "REGISTRY_PASSWORD": PASSWORD}
BROUGHT = {"tar": "transfer", "registry": "transfer", "on-server": "build"}
"""The step in which each method brings the image."""
DOCKERFILE = f"FROM {BASE}\nCOPY content /\n"


@dataclass
class Stack:
    """A stack of a built service, its worker and a cache in a repository here, of which the host has a clone.

    ``variables``: with which gonogo is run; ``outputs``: what it printed so far.
    """

    made: host.Host
    here: Path
    registry: registry.Registry
    variables: dict[str, str] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return self.here.parent

    def there(self, script: str) -> str:
        done = host.execute(self.made.name, script)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().strip()

    def commit(self, content: str, dockerfile: str = DOCKERFILE) -> str:
        """Commit another release, which the host's bare repository has too; return its id."""
        services = {
            "app": {"image": self.image, "build": "./app"},
            "cache": {"image": BASE},
            "worker": {"image": self.image},
        }
        (self.here / "app").mkdir(exist_ok=True)
        (self.here / "compose.yaml").write_text(json.dumps({"services": services}))
        (self.here / "app" / "content").write_text(content)
        (self.here / "app" / "Dockerfile").write_text(dockerfile)
        git = ["git", "-C", str(self.here), "-c", "user.name=lab", "-c", "user.email=lab@localhost"]
        bundle = self.folder / "bundle"
        lines = ["init -q -b main", "add -A", "commit -q -m Change", f"bundle create -q {bundle} main"]
        for line in [*lines, "update-ref refs/remotes/origin/main HEAD"]:
            subprocess.run([*git, *line.split()], check=True, capture_output=True)
        host.put(self.made.name, "/tmp/bundle", bundle.read_bytes())
        self.there(f"git -C {ROOM}/origin.git fetch -q /tmp/bundle +main:main")
        head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
        return head.stdout.strip()

    @property
    def image(self) -> str:
        """The name of the service's image in the compose file."""
        return f"{self.registry.host}/team/app:1.0"

    def deploy(self, method: str, *options: str, **more: str) -> subprocess.CompletedProcess[str]:
        return self.gonogo("deploy", method, "--yes", *options, **more)

    def gonogo(
        self, command: str, method: str, *options: str, **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Give gonogo a command for the stack, to be deployed by a method."""
        argv = self._argv(command, self._target(method), *options)
        done = typed(argv, **{**self._environment, **more})
        self.outputs += [done.stdout, done.stderr]
        return done

    def _argv(self, command: str, file: Path, *options: str) -> list[str]:
        argv = [sys.executable, "-m", "gonogo.deploy", command, str(file), *options]
        return [*argv, "--reports", str(self.folder / "r")]

    def _target(self, method: str, config: Path | None = None) -> Path:
        """Write the target file, with the host's own line or another one, and return it."""
        alias = "other" if config else self.made.alias
        file = self.folder / f"{method}.toml"
        file.write_text(
            f'host = "{alias}"\npath = "{ROOM}"\nsource = "{self.here}"\nproject = "shop"\n'
            f'compose_files = ["compose.yaml"]\nmethod = "{method}"\n'
            f'[registry]\nhost = "{self.registry.host}"\n'
            'username_variable = "REGISTRY_USERNAME"\npassword_variable = "REGISTRY_PASSWORD"\n'
            f'[on_server]\ncheckout = "{CLONE}"\n[ssh]\nconfig_file = "{config or self.made.config}"\n'
            "[thresholds]\nlatency_ms = 5000\n"
        )
        return file

    @property
    def _environment(self) -> dict[str, str]:
        authority = self.folder / "ca.crt"
        authority.write_text(self.registry.authority)
        return {**LOGIN, "SSL_CERT_FILE": str(authority), **self.variables}

    def cut_off(self, method: str) -> tuple[int, str]:
        """Deploy, and cut off what brings the image while it does; returns the exit code and the output."""
        with Relay(self.made.port, bytes_per_s=1_000_000) as relay:
            config = other_config(self.made, self.folder, Port=relay.port)
            argv = self._argv("deploy", self._target(method, config), "--yes")
            environment = {**os.environ, **self._environment}
            with subprocess.Popen(argv, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as run:
                assert run.stdout
                told = ""
                for line in run.stdout:
                    told += line
                    if not line.startswith(f"{BROUGHT[method]} …"):
                        continue
                    if method == "registry":
                        with registry.stopped(self.made.name):
                            told += run.stdout.read()
                    else:
                        before = relay.passed
                        least = 1_000_000 if method == "tar" else 1
                        while relay.passed - before < least and run.poll() is None:
                            time.sleep(0.01)
                        relay.cut()
            return run.wait(60), told

    def state(self) -> str:
        """The images of the host with their names, and its containers with when they were started."""
        look = "docker image ls -a --no-trunc --format '{{.ID}} {{.Repository}}:{{.Tag}}' | sort; "
        ids = "docker ps -aq --no-trunc | xargs -r docker inspect -f '{{.Id}} {{.State.StartedAt}}'"
        return self.there(look + ids)

    def content(self) -> str:
        """What the containers hold of the release: that of the service that is built, and its worker's."""
        app, worker = (self.there(f"docker exec shop-{one}-1 cat /content") for one in ("app", "worker"))
        assert app == worker, "a service without a build section runs what was built under its image's name"
        return app

    @property
    def cache(self) -> str:
        """The container of the cache, which no release changes, and when it was started."""
        return self.there("docker inspect -f '{{.Id}} {{.State.StartedAt}}' shop-cache-1")

    @property
    def untagged(self) -> set[str]:
        """The ids of images without a name, on the host."""
        return set(self.there("docker image ls -q --filter dangling=true").split())

    @property
    def current(self) -> str:
        """The version of the release that is current."""
        return self.there(f"basename $(readlink {ROOM}/.deploy/current)")


@contextmanager
def stack(name: str, kind: Kind, folder: Path) -> Iterator[Stack]:
    """Give the stack on a host of its own, with a registry there that both machines trust."""
    made = host.up(name, [BASE], kind)
    try:
        host.execute(name, f"install -d -o deploy -g deploy {ROOM}", user="root")
        here = folder / "repo"
        here.mkdir()
        with registry.running(name, USER, PASSWORD) as running, running.trusted_here():
            running.trusted()
            found = Stack(made, here, running)
            found.there(f"git init -q --bare -b main {ROOM}/origin.git")
            found.commit("first")
            build = ["docker", "build", "-q", "-t", found.image, str(here / "app")]
            subprocess.run(build, capture_output=True, check=True)  # what a developer's machine has
            found.there(f"git clone -q {ROOM}/origin.git {CLONE}")
            yield found
            named = ["docker", "image", "ls", "-q", f"{running.host}/team/app"]
            ids = set(subprocess.run(named, capture_output=True, text=True, check=True).stdout.split())
            subprocess.run(["docker", "image", "rm", "-f", *ids], capture_output=True, check=False)
    finally:
        host.down(name)
