"""Stacks that are not ours: compose projects of every kind, as a user would bring them to gonogo."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from lab import host
from lab.state import ROOT
from tests.forkserver import GONOGO, forked

SERVE = 'command: ["python", "-m", "http.server", "8000"]'
PYTHON = f"image: gonogo-lab/python:latest, {SERVE}"


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what its checks found."""

    code: int
    output: str
    checks: dict[str, dict[str, str]] = field(default_factory=dict)

    def of(self, status: str) -> set[str]:
        """Return the ids of the checks that ended so."""
        return {name for name, check in self.checks.items() if check["status"] == status}

    def found(self, check: str) -> str:
        return self.checks[check]["message"]


@dataclass(frozen=True)
class Stack:
    """A compose project in a folder here, and its folder on the lab host."""

    name: str
    folder: Path
    made: host.Host

    @property
    def path(self) -> str:
        return f"/srv/{self.name}"

    @property
    def file(self) -> Path:
        return self.folder.parent / f"{self.name}.toml"

    def lay(self, files: dict[str, str]) -> None:
        """Write files of the project here."""
        for name, text in files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(text)

    def there(self, files: dict[str, str]) -> None:
        """Make the project's folder on the host, and files in it."""
        host.execute(self.made.name, f"install -d -o deploy -g deploy {self.path}", user="root")
        for name, text in files.items():
            host.put(self.made.name, f"{self.path}/{name}", text.encode())

    def init(self, *files: str, **options: str) -> Ran:
        """Run `gonogo init` in the project's folder."""
        argv = [GONOGO, "init", *files, "--host", self.made.alias, "--path", self.path]
        argv += ["--output", str(self.file)]
        argv += [part for key, value in options.items() for part in (f"--{key.replace('_', '-')}", value)]
        return ran(argv, self.folder)

    def amend(self, *keys: str, **replaced: str) -> None:
        """Put keys before the drafted target file, in place of those it has; None of it is asked of init."""
        text = self.file.read_text()
        for key, value in replaced.items():
            text = re.sub(rf"^{key} = .*$", f"{key} = {value}", text, flags=re.MULTILINE)
        self.file.write_text("\n".join([*keys, text]))

    def reachable(self) -> None:
        """Name the lab's ssh_config in the drafted target file, and let the stack be watched calmly."""
        self.amend(f'ssh.config_file = "{self.made.config}"', "availability.rate = 2")

    def preflight(self) -> Ran:
        """Run the preflight suite."""
        results = self.file.with_suffix(".jsonl")
        results.unlink(missing_ok=True)
        argv = [sys.executable, "-m", "pytest", "checks/preflight", "--target", str(self.file)]
        done = ran([*argv, "--results", str(results), "-q", "-p", "no:cacheprovider"], ROOT)
        lines = [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []
        return Ran(done.code, done.output, {line["id"]: line for line in lines if "id" in line})

    def deploy(self) -> Ran:
        """Run `gonogo deploy`."""
        argv = [GONOGO, "deploy", str(self.file), "--yes", "--reports", str(self.folder.parent / "reports")]
        return ran(argv, ROOT)

    def containers(self) -> dict[str, str]:
        """Return the ids of the project's containers on the host, by service."""
        label = "com.docker.compose"
        form = f'{{{{.Label "{label}.service"}}}} {{{{.ID}}}}'
        listed = host.execute(
            self.made.name,
            f"docker ps -a --no-trunc --filter label={label}.project={self.name} --format '{form}'",
        )
        return dict(line.split() for line in listed.stdout.decode().splitlines())

    def down(self) -> None:
        """Remove the project's containers from the host."""
        if ids := " ".join(self.containers().values()):
            host.execute(self.made.name, f"docker rm -f -v {ids}")


def ran(argv: list[str], folder: Path, variables: dict[str, str] | None = None) -> Ran:
    """Run a command to its end; ``variables``: its environment, else this one."""
    done = subprocess.run(
        forked(argv), cwd=folder, env=variables, capture_output=True, text=True, timeout=300, check=False
    )
    return Ran(done.returncode, done.stdout + done.stderr)
