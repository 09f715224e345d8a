"""The target: one deployment of one stack on one host, as its target file describes it."""

from __future__ import annotations

import datetime
import math
import re
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from deploy import ssh
from deploy.errors import UsageError

Kind = Literal["append-only", "mutable", "volatile"]


class Section(BaseModel):
    """Base of every table of a target file: unknown keys are refused, values are never converted silently."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def _name(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,62}", value) or ".." in value:
        raise ValueError("expected lower-case letters, digits, dots, dashes and underscores")
    return value


def _project(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", value):
        raise ValueError(
            "expected lower-case letters, digits, dashes and underscores, the first a letter or digit "
            "(Compose's rule for project names)"
        )
    return value


def _folder(value: str) -> str:
    path = PurePosixPath(value)
    if not path.is_absolute() or ".." in path.parts or len(path.parts) < 2 or _unprintable(value):
        raise ValueError("expected an absolute path on the target, not / itself and without ..")
    return value


def _file(value: str) -> str:
    if not value or ".." in PurePosixPath(value).parts or _unprintable(value):
        raise ValueError("expected a path on the target without .., absolute or relative to `path`")
    return value


def _local_file(value: str) -> str:
    if not value or value == "-" or _unprintable(value):
        raise ValueError("expected the path of a Compose file, relative to `source`")
    return value


def _unprintable(value: str) -> bool:
    return not value.isprintable()


def _url(value: str) -> str:
    if "@" in re.split(r"[/?#]", value.partition("//")[2], maxsplit=1)[0]:
        raise ValueError("holds a login, which a target file must not: use an endpoint that needs none")
    try:
        parts = urlsplit(value)
        # Reading the port is what finds out whether it is one.
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or _unprintable(value) or " " in value:
        raise ValueError("expected http://host:port/path or https://…, as seen from the target")
    return value


def _scalar(value: object) -> object:
    if not isinstance(value, str | int | float) or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError(
            "expected text, a number, true or false; a key inside an object is named with dots, in quotes: "
            '"checks.database"'
        )
    return value


def _variable(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        raise ValueError("expected the name of an environment variable")
    return value


Variable = Annotated[str, AfterValidator(_variable)]
Scalar = Annotated[str | int | float | bool, BeforeValidator(_scalar)]


class Health(Section):
    """An endpoint that answers when the stack is well. It is asked from the target."""

    url: Annotated[str, AfterValidator(_url)]
    status: int = Field(200, ge=100, le=599)
    expect: dict[str, Scalar] = Field(default_factory=dict, alias="json")
    latency_ms: int = Field(2000, gt=0)
    timeout_s: float = Field(60, gt=0)
    consecutive: int = Field(2, ge=1, le=100)


class Mongodb(Section):
    """The stack's MongoDB: which service it is and what its collections promise."""

    service: str = Field(min_length=1)
    database: str = Field(min_length=1)
    username_variable: Variable = "MONGO_INITDB_ROOT_USERNAME"
    password_variable: Variable = "MONGO_INITDB_ROOT_PASSWORD"
    auth_database: str = Field("admin", min_length=1)
    collections: dict[str, Kind] = Field(default_factory=dict)
    other_collections: Kind = "mutable"


class Environment(Section):
    """What must stand in the environment beyond what the compose files demand."""

    required: list[Variable] = Field(default_factory=list)
    may_be_blank: list[Variable] = Field(default_factory=list)
    placeholders: list[str] = Field(default_factory=list)


class Backup(Section):
    """Where backups lie on the target and how long they are kept."""

    folder: Annotated[str, AfterValidator(_folder)]
    retention_days: int = Field(30, ge=1)
    keep: int = Field(3, ge=1)


class Git(Section):
    """From which branches this target may be deployed; empty: from any."""

    branches: list[str] = Field(default_factory=list)
    clean: bool = True


class Ssh(Section):
    """How ssh finds the host: an ssh_config file instead of the user's own."""

    config_file: Path | None = None

    @field_validator("config_file", mode="before")
    @classmethod
    def _path(cls, value: object) -> object:
        return Path(value) if isinstance(value, str) else value


class Thresholds(Section):
    """Limits, in the units that their names end with."""

    disk_free_gb: float = Field(2.0, ge=0)
    connect_timeout_s: float = Field(10, gt=0)
    command_timeout_s: float = Field(60, gt=0)
    healthy_timeout_s: float = Field(120, gt=0)


class Waiver(Section):
    """A check that is accepted as failing until the end of a day."""

    check: str = Field(pattern=r"^[a-z_]+\.[a-z_]+$")
    reason: str = Field(min_length=8)
    until: datetime.date


class Target(Section):
    """One deployment of one stack on one host. ``file`` is the target file that it was read from."""

    file: Path
    name: Annotated[str, AfterValidator(_name)]
    host: str
    path: PurePosixPath
    source: Path
    compose_files: list[Annotated[str, AfterValidator(_local_file)]] = Field(min_length=1)
    profiles: list[str] = Field(default_factory=list)
    env_file: Annotated[str, AfterValidator(_file)] | None = None
    project: Annotated[str, AfterValidator(_project)]
    method: Literal["tar"] = "tar"
    health: list[Health] = Field(default_factory=list)
    mongodb: Mongodb | None = None
    environment: Environment = Field(default_factory=Environment)
    backup: Backup | None = None
    git: Git = Field(default_factory=Git)
    ssh: Ssh = Field(default_factory=Ssh)
    thresholds: Thresholds = Field(default_factory=Thresholds)
    waivers: list[Waiver] = Field(default_factory=list)

    @field_validator("host")
    @classmethod
    def _known_host(cls, value: str) -> str:
        if re.search(r":.*@", value.removeprefix("ssh://"), re.DOTALL):
            raise ValueError("host holds a password, which ssh does not take there: remove it and use a key")
        if value != "local":
            try:
                ssh.parse(value)
            except UsageError as error:
                raise ValueError(str(error)) from None
        return value

    @field_validator("path", mode="before")
    @classmethod
    def _posix(cls, value: object) -> object:
        return PurePosixPath(_folder(value)) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _once(self) -> Target:
        names = [waiver.check for waiver in self.waivers]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"waivers name {', '.join(twice)} more than once: keep one of them")
        return self

    @property
    def env_path(self) -> PurePosixPath | None:
        """The env file on the target; where it is None, Compose takes ``.env`` if there is one."""
        return self.path / self.env_file if self.env_file else None

    @property
    def deploy_path(self) -> PurePosixPath:
        """The folder on the target in which all that gonogo writes there lies."""
        return self.path / ".deploy"
