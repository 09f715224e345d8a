"""The manifest of a backup: what it is of, how consistent it is, and the sum of every file."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from gonogo.deploy.errors import GonogoError

FORMAT: Literal[1] = 1
MANIFEST = "manifest.json"
FINGERPRINT = "fingerprint.json"
ENTRIES = "entries.tar.gz"
BEFORE = "before"
"""The folder of the fingerprint of before the dump, where that beside it is of after: see ``unchanged``."""
PROOF = "proof.json"
"""What the restore proof found; it comes later than the manifest, so it is not in it."""
ARCHIVE = "dump.archive"
"""The one file of a dump that mongodump made with --archive."""

SNAPSHOT = "a snapshot of the replica set: all of one moment"
NEARLY = f"{SNAPSHOT}, but for what the notes name"
UNCHANGED = (
    "nothing was written while it was read: the server's counts of writes are the same before and after"
)
INCONSISTENT = "each collection by itself: what was written meanwhile may be in one and not in another"


class OtherFormat(GonogoError):
    """A version of gonogo made this backup whose manifests this one does not know; ``target``: of which."""

    def __init__(self, message: str, target: str) -> None:
        super().__init__(message)
        self.target = target


def _path(value: str) -> str:
    path = PurePosixPath(value)
    if not value or path.is_absolute() or ".." in path.parts or str(path) != value or "\0" in value:
        raise ValueError("expected a path within the backup's folder")
    return value


def _moment(value: str) -> str:
    made = datetime.datetime.fromisoformat(value)
    if made.utcoffset() != datetime.timedelta(0):
        raise ValueError("expected a time in UTC")
    return value


class Sum(BaseModel):
    """The size of a file in bytes, and its SHA-256."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Manifest(BaseModel):
    """What a backup is. ``files``: every file beside the manifest, by its path in the backup's folder.

    ``made``: when it was begun. ``form``: mongodump's directory layout, or its archive. ``image``: the id of
    the image that the server ran from, empty outside a container. ``consistency``: in words;
    ``consistent``: whether all of it is of one moment. ``users``: whether those of the database are in it.
    ``documents``: how many. ``notes``: what happened meanwhile, in words. ``version``: the release that it
    was taken before, empty for one taken by itself. ``imported``: it was made elsewhere.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    format: Literal[1] = FORMAT
    target: str = Field(min_length=1)
    project: str = Field(min_length=1)
    database: str = Field(min_length=1)
    made: Annotated[str, AfterValidator(_moment)]
    tool: Literal["gonogo", "mongodump"]
    form: Literal["directory", "archive"]
    server: str
    image: str = ""
    consistency: str
    consistent: bool
    users: bool = False
    documents: int = Field(ge=0)
    files: dict[Annotated[str, AfterValidator(_path)], Sum]
    notes: tuple[str, ...] = Field(default=(), strict=False)
    version: str = ""
    imported: bool = False

    @property
    def at(self) -> datetime.datetime:
        """When the backup was begun."""
        return datetime.datetime.fromisoformat(self.made)

    @property
    def size(self) -> int:
        """The bytes of all its files."""
        return sum(file.size for file in self.files.values())

    def written(self) -> bytes:
        """Return the file."""
        return f"{self.model_dump_json(indent=1)}\n".encode()


@dataclass(frozen=True)
class Backup:
    """A whole backup on the target, in its folder."""

    name: str
    folder: PurePosixPath
    manifest: Manifest


def read(data: bytes, told: str) -> Manifest:
    """Return what a manifest says; raises GonogoError in one sentence when it is damaged.

    ``told``: the backup in words, for the message. Raises OtherFormat where another version of gonogo made
    it.
    """
    try:
        return Manifest.model_validate_json(data)
    except ValidationError as error:
        made, target = _made_as(data)
        if made not in (None, FORMAT):
            known = f"this gonogo knows {FORMAT}: use the version that made it"
            raise OtherFormat(f"{told} is of format {made}, {known}", target) from None
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise GonogoError(
            f"the manifest of {told} is damaged{f' at {where}' if where else ''}: {first['msg']}; "
            "use another backup"
        ) from None


def _made_as(data: bytes) -> tuple[int | None, str]:
    """Return the format of a manifest and the target that it names, None and empty for what has none."""
    try:
        found = json.loads(data)
        return int(found["format"]), str(found.get("target", ""))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None, ""
