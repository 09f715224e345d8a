"""The tables of a target file: what each holds, in which units, and what is refused."""

from __future__ import annotations

import datetime
import ipaddress
import math
import re
import zoneinfo
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, get_args
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

from deploy import extended

Kind = Literal["append-only", "mutable", "volatile"]


class Section(BaseModel):
    """Base of every table of a target file: unknown keys are refused, values are never converted silently."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def name(value: str) -> str:
    """Return a target's name as it is; raises ValueError for one that names no file everywhere."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,62}", value) or ".." in value:
        raise ValueError("expected lower-case letters, digits, dots, dashes and underscores")
    return value


def project(value: str) -> str:
    """Return a project's name as it is; raises ValueError for one that Compose refuses."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", value):
        raise ValueError(
            "expected lower-case letters, digits, dashes and underscores, the first a letter or digit "
            "(Compose's rule for project names)"
        )
    return value


def folder(value: str) -> str:
    """Return an absolute path of the target as it is; raises ValueError for anything else."""
    path = PurePosixPath(value)
    if not path.is_absolute() or ".." in path.parts or len(path.parts) < 2 or _unprintable(value):
        raise ValueError("expected an absolute path on the target, not / itself and without ..")
    return value


def file(value: str) -> str:
    """Return a path of the target as it is; raises ValueError for one that leaves its folder."""
    if not value or ".." in PurePosixPath(value).parts or _unprintable(value):
        raise ValueError("expected a path on the target without .., absolute or relative to `path`")
    return value


def local_file(value: str) -> str:
    """Return the path of a Compose file as it is; raises ValueError for what is none."""
    if not value or value == "-" or _unprintable(value):
        raise ValueError("expected the path of a Compose file, relative to `source`")
    return value


def local_folder(value: str, beside: str = "`source`") -> str:
    """Return the path of a folder of this machine as it is; raises ValueError for what is none."""
    if not value or _unprintable(value):
        raise ValueError(f"expected the path of a folder, relative to {beside}")
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


def _registry(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]*(:\d{1,5})?", value):
        raise ValueError("expected host or host:port of a registry, as it stands before image names")
    return value


def _endpoint(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]*(:\d{1,5})?", value):
        raise ValueError("expected host or host:port; 443 is the port where none is given")
    return value


def _hostname(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", value):
        raise ValueError("expected a host name")
    return value


def _address(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        raise ValueError("expected an IPv4 or IPv6 address") from None


def _clock(value: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d|24:00", value):
        raise ValueError("expected a time of the day such as 08:30")
    return value


def _zone(value: str) -> str:
    try:
        zoneinfo.ZoneInfo(value)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        raise ValueError("expected a time zone such as UTC or Europe/Berlin") from None
    return value


Variable = Annotated[str, AfterValidator(_variable)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Scalar = Annotated[str | int | float | bool, BeforeValidator(_scalar)]


class Health(Section):
    """An endpoint that answers when the stack is well. It is asked from the target."""

    url: Annotated[str, AfterValidator(_url)]
    status: int = Field(200, ge=100, le=599)
    expect: dict[str, Scalar] = Field(default_factory=dict, alias="json")
    latency_ms: int = Field(2000, gt=0)
    timeout_s: float = Field(60, gt=0)
    consecutive: int = Field(2, ge=1, le=100)


def _query(value: dict[str, Any]) -> dict[str, Any]:
    extended.read(value)
    return value


class Sample(Section):
    """Known data. ``filter``: a query of MongoDB's, with extended JSON where TOML has no such value.

    ``count``: so many documents it finds at least. ``expect``: what each of them has, by dotted field.
    """

    collection: str = Field(min_length=1)
    filter: Annotated[dict[str, Any], AfterValidator(_query)]
    expect: Annotated[dict[str, Any], AfterValidator(_query)] = Field(default_factory=dict)
    count: int = Field(1, ge=1)


class Mongodb(Section):
    """The MongoDB: a service of the stack or where a connection string leads, and what its data promises.

    ``service`` is empty where ``uri_variable`` is set, and the other way round. ``tls_ca_file`` and
    ``tls_client_file`` are paths on the target.
    """

    service: str = Field("", min_length=1)
    uri_variable: Variable | None = None
    database: str = Field(min_length=1)
    username_variable: Variable = "MONGO_INITDB_ROOT_USERNAME"
    password_variable: Variable = "MONGO_INITDB_ROOT_PASSWORD"
    auth_database: str = Field("admin", min_length=1)
    tls: bool = False
    tls_ca_file: Annotated[str, AfterValidator(file)] | None = None
    tls_client_file: Annotated[str, AfterValidator(file)] | None = None
    collections: dict[str, Kind] = Field(default_factory=dict)
    other_collections: Kind = "mutable"
    samples: list[Sample] = Field(default_factory=list)

    @model_validator(mode="after")
    def _one_way(self) -> Mongodb:
        if bool(self.service) == bool(self.uri_variable):
            found = "holds both" if self.service else "holds neither"
            raise ValueError(
                f"{found} service and uri_variable: give the first for a MongoDB of the stack, or the second "
                "for one whose connection string, with its login, is in the env file"
            )
        return self


class Environment(Section):
    """What must stand in the environment beyond what the compose files demand."""

    required: list[Variable] = Field(default_factory=list)
    may_be_blank: list[Variable] = Field(default_factory=list)
    placeholders: list[str] = Field(default_factory=list)


class Backup(Section):
    """Where backups lie on the target, how old the newest may be, and how long they are kept.

    ``copy_to``: a folder of this machine for copies; relative to the target file's.
    """

    folder: Annotated[str, AfterValidator(folder)]
    max_age_h: float = Field(6, gt=0)
    retention_days: int = Field(30, ge=1)
    keep: int = Field(3, ge=1)
    each_deployment: bool = True
    proof_image: str = ""
    copy_to: Path | None = None

    @field_validator("copy_to", mode="before")
    @classmethod
    def _copies(cls, value: object) -> object:
        return Path(local_folder(value, "this file")) if isinstance(value, str) else value


class Releases(Section):
    """How many releases stay on the target to go back to."""

    keep: int = Field(5, ge=2)


class Availability(Section):
    """How the stack is watched while a release is made, and for how long it may be away.

    ``rate``: requests a second in all, 0 for none. ``public_urls`` are asked from this machine, in place of
    the health endpoints.
    """

    rate: int = Field(100, ge=0, le=1000)
    budget_s: float = Field(15, gt=0)
    max_failed: int | None = Field(None, ge=0)
    public_urls: list[Annotated[str, AfterValidator(_url)]] = Field(default_factory=list)

    @property
    def declared(self) -> bool:
        """Whether the target file says itself for how long the stack may be away."""
        return not self.model_fields_set.isdisjoint({"budget_s", "max_failed"})


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"expected a regular expression as Python knows them: {error}") from None
    return value


Pattern = Annotated[str, AfterValidator(_pattern)]
ERRORS = [
    r"\b(ERROR|FATAL|CRITICAL|PANIC|panic|Traceback)\b",
    r"\[(error|crit|alert|emerg)\]",
    r'"(level|severity)": ?"(error|fatal|critical|panic)"',
    r'"s":"[EF]"',
]
"""How lines look that tell of an error: by usual words, of nginx, of JSON, of MongoDB."""


class Logs(Section):
    """Which lines of the containers' logs tell of an error, and which of them are fine."""

    errors: list[Pattern] = Field(default_factory=lambda: list(ERRORS))
    allow: list[Pattern] = Field(default_factory=list)

    @property
    def declared(self) -> bool:
        """Whether the target file says itself what an error is."""
        return "errors" in self.model_fields_set


class Smoke(Section):
    """A team's own pytest files, run with verify: paths relative to ``source``."""

    files: list[Annotated[str, AfterValidator(local_folder)]] = Field(default_factory=list)


class Hooks(Section):
    """A team's own executables, run before and after steps: a folder relative to ``source``."""

    folder: Annotated[str, AfterValidator(local_folder)] | None = None
    timeout_s: float = Field(300, gt=0)


class Git(Section):
    """From which branches this target may be deployed (empty: from any), and in which state."""

    branches: list[str] = Field(default_factory=list)
    clean: bool = True
    pushed: bool = False


class Images(Section):
    """What the images of a production release are built and run as, by service and by variable."""

    stages: dict[str, str] = Field(default_factory=dict)
    environment: dict[Variable, str] = Field(default_factory=dict)


class Registry(Section):
    """The registry that the stack's own images belong to, and the variables that hold a login for it."""

    host: Annotated[str, AfterValidator(_registry)]
    plain_http: bool = False
    username_variable: Variable | None = None
    password_variable: Variable | None = None

    @model_validator(mode="after")
    def _whole_login(self) -> Registry:
        if (self.username_variable is None) != (self.password_variable is None):
            raise ValueError("holds half a login: give both username_variable and password_variable, or none")
        return self


class OnServer(Section):
    """The clone on the target that it builds its images from, and the remote that it fetches from."""

    checkout: Annotated[str, AfterValidator(folder)]
    remote: str = Field("origin", pattern=r"^[A-Za-z0-9_][A-Za-z0-9_./-]*$")


class Tls(Section):
    """Certificates that must not expire soon, beside those of https health endpoints."""

    hosts: list[Annotated[str, AfterValidator(_endpoint)]] = Field(default_factory=list)
    days: int = Field(14, ge=0)


class Dns(Section):
    """Names that must lead to this target, and its addresses as the world sees them."""

    names: list[Annotated[str, AfterValidator(_hostname)]] = Field(min_length=1)
    addresses: list[Annotated[str, AfterValidator(_address)]] = Field(default_factory=list)


class Window(Section):
    """When deployments may start: on these days, from ``start`` until ``end``, by that zone's clock."""

    days: list[Day] = Field(default_factory=lambda: list(get_args(Day)), min_length=1)
    start: Annotated[str, AfterValidator(_clock)] = "00:00"
    end: Annotated[str, AfterValidator(_clock)] = "24:00"
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"


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
    memory_free_mb: int = Field(256, ge=0)
    latency_ms: int = Field(500, gt=0)
    clock_skew_s: float = Field(5, gt=0)
    connect_timeout_s: float = Field(10, gt=0)
    command_timeout_s: float = Field(60, gt=0)
    healthy_timeout_s: float = Field(120, gt=0)


class Waiver(Section):
    """A check that is accepted as failing until the end of a day."""

    check: str = Field(pattern=r"^[a-z_]+\.[a-z_]+$")
    reason: str = Field(min_length=8)
    until: datetime.date
