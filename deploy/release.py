"""Releases: how a version is named, and what of a release is kept on the target."""

from __future__ import annotations

import datetime
import json
import shlex
import subprocess
from pathlib import Path, PurePosixPath
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deploy import store
from deploy.connection import Connection
from deploy.errors import GonogoError
from deploy.target import Target

Record = TypeVar("Record", bound=BaseModel)
COMPOSE_FILE = "compose.yaml"
IMAGES_FILE = "images.yaml"
RECORD = "release.json"
BASELINE = "baseline.json"


class Image(BaseModel):
    """The image of one service: the name in the compose file and the id that runs."""

    model_config = ConfigDict(extra="forbid")
    name: str
    id: str


class Release(BaseModel):
    """What is kept of a release on the target, beside its compose files."""

    model_config = ConfigDict(extra="forbid")
    version: str
    previous: str = ""
    commit: str = ""
    created: str
    project: str
    images: dict[str, Image] = Field(default_factory=dict)
    hashes: dict[str, str] = Field(default_factory=dict)
    env_digest: str = ""


class Baseline(BaseModel):
    """The state before a release: what ran, and how many documents there were."""

    model_config = ConfigDict(extra="forbid")
    taken: str
    containers: dict[str, str] = Field(default_factory=dict)
    counts: dict[str, int] | None = None


def now() -> datetime.datetime:
    """Return the time, in UTC."""
    return datetime.datetime.now(datetime.UTC)


def version(source: Path, at: datetime.datetime) -> str:
    """Return ``<short git sha>-<UTC yyyymmdd-hhmmss>``, ``-dirty`` where it is, ``nogit`` without git."""
    sha = git(source, "rev-parse", "--short=8", "HEAD") or "nogit"
    dirty = "-dirty" if sha != "nogit" and is_dirty(source) else ""
    return f"{sha}-{at:%Y%m%d-%H%M%S}{dirty}"


def is_dirty(source: Path) -> bool:
    """Return whether the folder of a git repository holds changes that are not committed, new files too."""
    return bool(git(source, "status", "--porcelain", "--", "."))


def git(source: Path, *arguments: str) -> str:
    """Return what git prints, stripped; empty when it fails or is not there."""
    argv = ["git", "-C", str(source), *arguments]
    try:
        done = subprocess.run(argv, capture_output=True, stdin=subprocess.DEVNULL, timeout=60, check=False)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else ""


def folder(target: Target, name: str) -> PurePosixPath:
    """Return the folder of a release on the target."""
    return target.deploy_path / "releases" / name


def files(target: Target, name: str) -> tuple[str, str]:
    """Return the Compose files of a release on the target: the stack, and its images pinned by id."""
    there = folder(target, name)
    return str(there / COMPOSE_FILE), str(there / IMAGES_FILE)


def repository(name: str) -> str:
    """Return an image's name without tag and digest."""
    bare = name.partition("@")[0]
    before, colon, tag = bare.rpartition(":")
    return before if colon and "/" not in tag else bare


def tagged(name: str, version: str) -> str:
    """Return the tag under which the image of a release is kept, here and on the target."""
    return f"{repository(name)}:{version}"


def pins(images: dict[str, Image]) -> str:
    """Return the Compose file that gives each service its image by id; JSON is YAML.

    A tag can be moved after the release, an id cannot (incident L5).
    """
    return json.dumps(
        {"services": {name: {"image": image.id} for name, image in sorted(images.items())}}, indent=2
    )


def current(connection: Connection, target: Target) -> str:
    """Return the version that ``.deploy/current`` names; empty when no release is current."""
    link = shlex.quote(str(target.deploy_path / "current"))
    return PurePosixPath(connection.run(f"readlink -- {link}").text.strip()).name


def make_current(connection: Connection, target: Target, name: str) -> None:
    """Make a release the current one, in one rename; an empty name makes none current."""
    link = target.deploy_path / "current"
    if name:
        store.link(connection, link, f"releases/{name}")
    else:
        connection.check(f"rm -f -- {shlex.quote(str(link))}", mutates=True)


def load(connection: Connection, target: Target, name: str) -> Release | None:
    """Return a release's record; None when there is none. Raises GonogoError when it is damaged."""
    return _read(connection, folder(target, name) / RECORD, Release)


def load_baseline(connection: Connection, target: Target, name: str) -> Baseline | None:
    """Return the baseline that was taken before a release; None when there is none."""
    return _read(connection, folder(target, name) / BASELINE, Baseline)


def save(connection: Connection, target: Target, name: str, file: str, record: BaseModel | str) -> None:
    """Write a file of a release; raises GonogoError."""
    text = record if isinstance(record, str) else record.model_dump_json(indent=2)
    store.put(connection, folder(target, name) / file, text.encode())


def _read(connection: Connection, path: PurePosixPath, kind: type[Record]) -> Record | None:
    data = store.read(connection, path)
    if data is None:
        return None
    try:
        return kind.model_validate_json(data)
    except ValidationError:
        raise GonogoError(
            f"{connection.host}: {path} is damaged: restore it from a copy, or remove the release's folder "
            "and deploy again"
        ) from None
