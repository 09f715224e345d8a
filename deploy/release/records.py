"""Releases: how a version is named, and what of a release is kept on the target."""

from __future__ import annotations

import datetime
import re
import shlex
from pathlib import Path, PurePosixPath
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from gonogo.deploy.compose.image_name import repository
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host import docker_names, local_git, remote_files
from gonogo.deploy.release import formats, versions
from gonogo.deploy.release.versions import Version
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.sections import values
from gonogo.deploy.target.target import Target

Kind = TypeVar("Kind", bound=BaseModel)
COMPOSE_FILE = "compose.yaml"
IMAGES_FILE = "images.yaml"
RECORD = "release.json"
BASELINE = "baseline.json"
MADE = re.compile(r"\w+-\d{8}-\d{6}(-dirty)?")
"""How a version looks that ``version`` made: nobody else has one like it."""
NEEDED = (RECORD, COMPOSE_FILE, IMAGES_FILE)
"""The files of a release without which there is no way back to it."""


class Image(BaseModel):
    """The image of one service: the name in the compose file and the id that runs."""

    model_config = ConfigDict(extra="forbid")
    name: str
    id: str


def _named(images: dict[str, Image]) -> dict[str, Image]:
    for one in images.values():
        docker_names.image(one.name)
        docker_names.image(one.id)
    return images


class Record(BaseModel):
    """What is kept of a release on the target, beside its compose files.

    ``driver``: the storage driver by which the engine kept its images, such as ``overlay2``; empty in the
    record of an earlier version of gonogo. Each driver has images of its own. ``format``: which of this
    project's forms of a record it is, and of the files beside it; the first one did not say.
    """

    model_config = ConfigDict(extra="forbid")
    format: int = 1
    version: Version
    previous: Version = ""
    commit: str = Field("", pattern=r"^[0-9a-f]{0,64}$")
    created: str
    project: Annotated[str, AfterValidator(values.project)]
    images: Annotated[dict[str, Image], AfterValidator(_named)] = Field(default_factory=dict)
    hashes: dict[str, str] = Field(default_factory=dict)
    env_digest: str = ""
    driver: str = ""


class Life(BaseModel):
    """One life of a container: its id, and when it was started (an engine's RFC 3339 time)."""

    model_config = ConfigDict(extra="forbid")
    id: str
    started: str


class Baseline(BaseModel):
    """The state before a release: what ran, how many documents there were, and what proves them.

    ``backup``, ``fingerprint``: folders on the target, empty where there is none. ``untouched``: by name, the
    containers that the release leaves alone. ``samples``: how many documents each sample of the target file
    found, in the order of these. ``ended``: the services that had done their work, and ended with 0.
    ``not_repeated``: one-shots of the release that were not run again when it was gone back to. ``networks``:
    all that the engine had; None in the baseline of an earlier version of gonogo. ``format``: as in a record.
    """

    model_config = ConfigDict(extra="forbid")
    format: int = 1
    taken: str
    containers: dict[str, str] = Field(default_factory=dict)
    counts: dict[str, int] | None = None
    backup: str = ""
    fingerprint: str = ""
    untouched: dict[str, Life] = Field(default_factory=dict)
    ended: list[str] = Field(default_factory=list)
    not_repeated: list[str] = Field(default_factory=list)
    samples: list[int] = Field(default_factory=list)
    networks: list[str] | None = None


def now() -> datetime.datetime:
    """Return the time, in UTC."""
    return datetime.datetime.now(datetime.UTC)


def version(source: Path, at: datetime.datetime) -> str:
    """Return ``<short git sha>-<UTC yyyymmdd-hhmmss>``, ``-dirty`` where it is, ``nogit`` without git.

    Raises GonogoError where there is a repository that git cannot read.
    """
    sha = local_git.head(source) or "nogit"
    dirty = "-dirty" if sha != "nogit" and is_dirty(source) else ""
    return f"{sha}-{at:%Y%m%d-%H%M%S}{dirty}"


def is_dirty(source: Path) -> bool:
    """Return whether the folder of a git repository holds changes that are not committed, new files too.

    Raises GonogoError where git does not tell.
    """
    return bool(local_git.asked(source, "status", "--porcelain", "--", ".").strip())


def folder(target: Target, name: str) -> PurePosixPath:
    """Return the folder of a release on the target; raises GonogoError for what names no release."""
    return target.deploy_path / "releases" / versions.known(name, f"{target.host}: {target.deploy_path}")


def files(target: Target, name: str) -> tuple[str, str]:
    """Return the Compose files of a release on the target: the stack, and its images pinned by id."""
    there = folder(target, name)
    return str(there / COMPOSE_FILE), str(there / IMAGES_FILE)


def tagged(name: str, version: str) -> str:
    """Return the tag under which the image of a release is kept, here and on the target."""
    return f"{repository(name)}:{version}"


def current(connection: Connection, target: Target) -> str:
    """Return the version that ``.deploy/current`` names; empty when no release is current. GonogoError."""
    link = str(target.deploy_path / "current")
    led = connection.run(f"readlink -- {shlex.quote(link)}").text.removesuffix("\n")
    return versions.known(PurePosixPath(led).name, f"{target.host}: the link {link}") if led else ""


def make_current(connection: Connection, target: Target, name: str) -> None:
    """Make a release the current one, in one rename; an empty name makes none current."""
    link = target.deploy_path / "current"
    if name:
        remote_files.link(connection, link, f"releases/{name}")
    else:
        connection.check(f"rm -f -- {shlex.quote(str(link))}", mutates=True)


def load(connection: Connection, target: Target, name: str) -> Record | None:
    """Return a release's record; None when there is none. Raises GonogoError when it is damaged."""
    path = folder(target, name) / RECORD
    found = _read(connection, path, Record)
    if found and found.version != name:
        raise GonogoError(
            f"{connection.host}: {path} is the record of {found.version}: put that of {name} back from a copy"
        )
    return found


def load_baseline(connection: Connection, target: Target, name: str) -> Baseline | None:
    """Return the baseline that was taken before a release; None when there is none."""
    return _read(connection, folder(target, name) / BASELINE, Baseline)


def listed(connection: Connection, target: Target) -> list[str]:
    """Return the versions whose records are on the target, the newest first by when they were written."""
    folder = shlex.quote(str(target.deploy_path / "releases"))
    look = f"cd {folder} 2>/dev/null || exit 0; ls -1t -- */{RECORD} 2>/dev/null || true"
    lines = [line.rpartition("/") for line in connection.check(look).text.split("\n")]
    names = dict.fromkeys(name for name, _, file in lines if file == RECORD)
    return [name for name in names if versions.is_version(name)]


def lacking(connection: Connection, target: Target, name: str) -> list[str]:
    """Return which of the files that a way back to a release needs are not in its folder; GonogoError."""
    there = shlex.quote(str(folder(target, name)))
    look = f"cd {there} && for file in {' '.join(NEEDED)}; do [ -e $file ] || echo $file; done"
    return connection.check(look).text.split()


def save(connection: Connection, target: Target, name: str, file: str, record: BaseModel | str) -> None:
    """Write a file of a release; raises GonogoError."""
    text = record if isinstance(record, str) else record.model_dump_json(indent=2)
    remote_files.put(connection, folder(target, name) / file, text.encode())


def _read(connection: Connection, path: PurePosixPath, kind: type[Kind]) -> Kind | None:
    data = remote_files.read(connection, path)
    if data is None:
        return None
    formats.refuse(data.decode("utf-8", "replace"), f"{connection.host}: {path}")
    try:
        return kind.model_validate_json(data)
    except ValidationError:
        raise GonogoError(
            f"{connection.host}: {path} is damaged: restore it from a copy, or remove the release's folder "
            "and deploy again"
        ) from None
