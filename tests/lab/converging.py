"""A stack of small services of which a test deploys one release after another."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import host
from lab.state import ROOT
from tests.forkserver import GONOGO
from tests.lab.any_stack import Ran, Stack, ran

COMPOSE = "docker-compose.yml"
REDIS = {"image": "gonogo-lab/redis:latest", "init": True, "stop_grace_period": "1s"}


def sleeping(before: str = "", **more: Any) -> dict[str, Any]:
    """A service that runs a line of shell and stays."""
    return {**REDIS, "entrypoint": ["sh", "-c", f"{before} exec sleep infinity"], **more}


@dataclass(frozen=True)
class Converging(Stack):
    """A stack of which each test deploys a few releases."""

    def release(self, code: int = 0, more: dict[str, Any] | None = None, **services: Any) -> Ran:
        """Deploy these services; they end with ``code``. ``more``: other top-level keys of the file."""
        self.write(more, **services)
        return ended(self.deploy(), code)

    def write(self, more: dict[str, Any] | None = None, **services: Any) -> None:
        """Write the compose file here."""
        self.lay({COMPOSE: json.dumps({"services": services, "volumes": {"state": {}}, **(more or {})})})

    def gonogo(self, *words: str, code: int = 0) -> Ran:
        """Run another command of gonogo's."""
        argv = [GONOGO, words[0], str(self.file), *words[1:]]
        if words[0] in ("rollback", "resume", "plan"):
            argv += ["--reports", str(self.folder.parent / "reports")]
        return ended(ran(argv, ROOT), code)

    def shell(self, script: str) -> str:
        done = host.execute(self.made.name, script)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def current(self) -> str:
        return self.shell(f"basename $(readlink {self.path}/.deploy/current)").strip()

    def variable(self, service: str, name: str) -> str:
        """Return a variable of a service's container."""
        text = self.shell(f"docker inspect -f '{{{{json .Config.Env}}}}' {self.containers()[service]}")
        return dict(entry.split("=", 1) for entry in json.loads(text)).get(name, "")


def ended(done: Ran, code: int) -> Ran:
    assert done.code == code, done.output
    return done


def converging(made: host.Host, folder: Path, test: str, env: str = "MODE=good\n") -> Iterator[Converging]:
    """Give a project of its own, named after the test."""
    name = "c" + re.sub(r"[^a-z0-9]", "", test.lower())[-24:]
    (folder / name).mkdir()
    found = Converging(name, folder / name, made)
    found.there({".env": env})
    found.lay({COMPOSE: json.dumps({"services": {"api": REDIS}})})
    ended(found.init(), 0)
    found.reachable()
    yield found
    found.down()


def record(stack: Stack) -> dict[str, Any]:
    """The record of the last run, as it was published."""
    files = (stack.folder.parent / "reports").rglob("release.json")
    return dict(json.loads(max(files, key=lambda file: file.stat().st_mtime).read_text()))
