"""A small stack that is deployed within seconds: a site that is built, and a cache that stays."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from lab import host
from lab.state import ROOT
from tests.forkserver import GONOGO
from tests.lab.any_stack import Ran, Stack, ran

IMAGES = ("gonogo-lab/python:latest", "gonogo-lab/redis:latest")
COMPOSE = """
services:
  cache:
    image: gonogo-lab/redis:latest
    restart: unless-stopped
  web:
    build: .
    restart: unless-stopped
    ports: ["127.0.0.1:8085:8000"]
    healthcheck:
      test: ["CMD", "curl", "-fsS", "-o", "/dev/null", "http://127.0.0.1:8000/page"]
      start_period: 2s
      start_interval: 1s
      interval: 2s
      retries: 2
"""
DOCKERFILE = (
    'FROM gonogo-lab/python:latest\nWORKDIR /site\nCOPY . .\nCMD ["python", "-m", "http.server", "8000"]\n'
)
HEALTH = '\n[[health]]\nurl = "http://127.0.0.1:8085/page"\n'


@dataclass(frozen=True)
class Site:
    """The stack, a host for it, and the variables with which gonogo is run."""

    stack: Stack
    variables: dict[str, str] = field(default_factory=dict)

    @classmethod
    def on(cls, made: host.Host, folder: Path, variables: dict[str, str] | None = None) -> Site:
        """Return the stack for a host, with a target file; nothing is deployed."""
        (folder / "shop").mkdir()
        stack = Stack("shop", folder / "shop", made)
        stack.lay({"compose.yaml": COMPOSE, "Dockerfile": DOCKERFILE, "page": ""})
        stack.there({".env": ""})
        done = stack.init()
        assert done.code == 0, done.output
        stack.reachable()
        stack.file.write_text(stack.file.read_text() + HEALTH)
        return cls(stack, variables or {})

    def deploy(self, text: str, code: int = 0) -> str:
        """Deploy a release whose page says ``text``, and is not there without; returns what was said."""
        (self.stack.folder / "page").unlink()
        self.stack.lay({"page" if text else "nothing": text})
        done = self.gonogo("deploy", "--yes")
        self.stack.lay({"page": text})
        assert done.code == code, done.output
        return done.output

    def gonogo(self, command: str, *options: str) -> Ran:
        """Give gonogo a command for the stack."""
        reports = ["--reports", str(self.stack.folder.parent / "reports")] if command != "status" else []
        argv = [GONOGO, command, str(self.stack.file), *options, *reports]
        return ran(argv, ROOT, {**os.environ, **self.variables})

    def there(self, script: str, user: str = "deploy") -> str:
        """Return what a script printed on the host."""
        done = host.execute(self.stack.made.name, script, user=user)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def settle(self) -> None:
        """Wait until the site is healthy, as after its engine was started again."""
        asked = "docker inspect -f '{{.State.Health.Status}}' shop-web-1"
        self.there(f'for n in $(seq 150); do [ "$({asked})" = healthy ] && exit; sleep 0.2; done; exit 1')

    @property
    def page(self) -> str:
        return self.there("curl -fsS http://127.0.0.1:8085/page")

    @property
    def current(self) -> str:
        """The version of the release that is current."""
        return self.there(f"basename $(readlink {self.stack.path}/.deploy/current)").strip()

    @property
    def dangling(self) -> str:
        """The ids of images without a name."""
        return self.there("docker image ls -q --filter dangling=true")
