"""The offline mode beside Compose itself: both ways to read a repository come to the same model."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gonogo.deploy.compose.model import Model
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.offline import OfflineRelease
from gonogo.deploy.target.target_file import load
from lab.stack import release
from lab.state import ROOT
from tests.lab.test_any_stack import COMPOSE, KINDS

pytestmark = pytest.mark.lab
TARGET = 'host = "ssh://deploy@127.0.0.1:1"\npath = "/srv/shop"\nproject = "shop"\nsource = "stack"\n'
EXAMPLE = "TOKEN=change-me\nMONGO_INITDB_ROOT_PASSWORD=change-me\nJWT_SECRET='change-me # $here'\n"
SHORT = """
services:
  web:
    build: {context: ./web, args: [MODE, LEVEL=3], target: production}
    command: serve --name "two words" $$HOME
    environment: {ON: true, OFF: false, NUMBER: 22, NOTHING: null, TOKEN: "${TOKEN}"}
    ports: ["127.0.0.1:7100:80", "7101-7102:81-82/udp", "7110-7119:90", "91"]
    volumes: ["data:/data:ro", "./conf:/conf", "/scratch", {type: bind, source: ./x, target: /x}]
    depends_on: [cache]
    deploy: {replicas: 3}
  cache: {image: redis, entrypoint: redis-server --save "", healthcheck: {test: redis-cli ping}}
volumes: {data: {}}
"""


def both(folder: Path, files: dict[str, str]) -> list[Model | str]:
    """Return what Compose makes of a repository, and what is read of it without Compose."""
    for name, text in {**files, ".env.example": EXAMPLE}.items():
        (folder / "stack" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "stack" / name).write_text(text)
    file = folder / "shop.toml"
    file.write_text(f'{TARGET}compose_files = ["{COMPOSE}"]\n')
    found: list[Model | str] = []
    for has_compose in (True, False):
        release = OfflineRelease(load(file), Redactor())
        assert release.files.has_compose
        release.files.__dict__["has_compose"] = has_compose
        try:
            found.append(release.model)
        except GonogoError as error:
            found.append(str(error))
    return found


@pytest.mark.parametrize("kind", [*KINDS, "short"])
def test_a_compose_file_is_read_as_compose_reads_it(tmp_path: Path, kind: str) -> None:
    theirs, ours = both(tmp_path, KINDS.get(kind, {COMPOSE: SHORT}))
    assert isinstance(theirs, Model)
    if kind in ("extends", "include"):
        assert ours == f"{kind} need docker compose: install it where this runs"
        return
    assert isinstance(ours, Model)
    assert ours.services.keys() == theirs.services.keys()
    for name, one in theirs.services.items():
        # Networks are left out: what asks for them needs the target.
        assert ours.services[name] == replace(one, networks=())
    assert (ours.volumes, ours.external_volumes) == (theirs.volumes, theirs.external_volumes)


def test_the_example_stack_is_judged_from_its_repository(tmp_path: Path) -> None:
    source = release.checkout(tmp_path / "stack", "v2")
    (source / ".env.example").write_text(EXAMPLE)
    git = ["git", "-C", str(source), "-c", "user.name=a", "-c", "user.email=a@localhost"]
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-qm", "Add an example"], check=True)
    file = tmp_path / "shop.toml"
    file.write_text(f'{TARGET}compose_files = ["{COMPOSE}"]\nenv_file = ".env"\n')
    called = tmp_path / "bin" / "called"
    called.parent.mkdir()
    (called.parent / "ssh").write_text(f"#!/bin/sh\ntouch {called}\nexit 255\n")
    (called.parent / "ssh").chmod(0o700)
    argv = [sys.executable, "-m", "pytest", "checks/preflight", "-m", "offline", "--target", str(file)]
    environment = {**os.environ, "PATH": f"{called.parent}:{os.environ['PATH']}"}
    done = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "GO, as far as the repository tells: 9 passed, 3 not applicable" in done.stdout
    assert not called.exists()
