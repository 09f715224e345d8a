"""Compose files as data: what is in ``models/``, and what Compose says of it and of what gonogo makes of it.

``python -m tests.unit.compose.cases`` records what Compose says, for the tests that do without it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from gonogo.deploy.compose import command_line

MODELS = Path(__file__).parent / "models"
RECORDED = Path(__file__).parent / "recorded.json"
NAMES = sorted(file.stem for file in MODELS.glob("*.yaml"))


@dataclass(frozen=True)
class Case:
    """Compose files by name, in the order in which they are given; others lie in folders."""

    files: dict[str, str]
    env: str = ""
    profiles: list[str] = field(default_factory=list)

    @property
    def names(self) -> list[Path]:
        return [Path(name) for name in self.files if "/" not in name]

    def write(self, folder: Path) -> Path:
        """Write the files to a folder, and return the env file beside it."""
        for name, text in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        env = folder.parent / f"{folder.name}.env"
        env.write_text(self.env)
        return env


def case(name: str) -> Case:
    raw: dict[str, Any] = yaml.safe_load((MODELS / f"{name}.yaml").read_text())
    return Case(files=raw, env=raw.pop("env", ""), profiles=raw.pop("profiles", []))


def values(env: Path) -> dict[str, str]:
    """Return the variables of an env file, as the release has them."""
    words = ["docker", "compose", "--env-file", str(env), "-f", "-", "config", "--environment"]
    lines = command_line.local(words, "an env file", b"services: {}\n").stdout.decode().splitlines()
    found = dict(line.split("=", 1) for line in lines)
    return {name: value for name, value in found.items() if name not in command_line.KEPT}


def compose_file(given: Case, folder: Path, known: dict[str, str]) -> str:
    """Return what a target would be given."""
    flat = command_line.flatten(folder, given.names)
    return flat.placed(known) if flat.spread else flat.text


def model(given: Case, folder: Path, env: Path, text: str = "") -> object:
    """Return the model that Compose makes of a case's files, or of the ``text`` that is made of them.

    Of a case that Compose refuses, its refusal.
    """
    files = ["-f", "-"] if text else [word for name in given.names for word in ("-f", str(folder / name))]
    profiles = [word for one in given.profiles for word in ("--profile", one)]
    place = ["--project-directory", str(folder), "-p", "shop", "--env-file", str(env), *profiles]
    words = ["docker", "compose", *files, *place, "config", "--format", "json"]
    clean = {name: os.environ[name] for name in command_line.KEPT if name in os.environ}
    done = subprocess.run(words, input=text.encode(), capture_output=True, check=False, env=clean, cwd=folder)
    said = sorted(command_line.unset_variables(done.stderr.decode()))
    return (json.loads(done.stdout), said) if done.returncode == 0 else done.stderr.decode()


def record() -> None:
    found = {}
    for name in NAMES:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "shop"
            given, known = case(name), values(case(name).write(folder))
            words = command_line.as_one(folder, given.names)
            said = command_line.local(words, name, folder=folder).stdout.decode()
            found[name] = {"as_one": said, "values": known, "given": compose_file(given, folder, known)}
    RECORDED.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    record()
    sys.exit(0)
