"""The values of a target file: what each kind of them may be, and what is said of one that is not."""

from __future__ import annotations

import ipaddress
import math
import re
import zoneinfo
from pathlib import PurePosixPath
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

Kind = Literal["append-only", "mutable", "volatile"]
LAST_PORT = 65_535


class Section(BaseModel):
    """Base of every table of a target file: unknown keys are refused, values are never converted silently."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def share(value: object) -> object:
    """Return a percentage such as "5%" as a share of 1; raises ValueError for anything else."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", value) if isinstance(value, str) else None
    if found is None or not 0 <= float(found[1]) <= 100:
        raise ValueError('expected a percentage from "0%" to "100%", such as "5%"')
    return float(found[1]) / 100


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


def env_file(value: str) -> str:
    """Return the path of an env file as it is, which may lie beside its stack; raises ValueError for none."""
    if not value or value.endswith("/") or PurePosixPath(value).name in ("", "..") or _unprintable(value):
        raise ValueError("expected the path of a file on the target, absolute or relative to `path`")
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


def example(value: str) -> str:
    """Return the path of an env example as it is; raises ValueError for what is none."""
    if not value or _unprintable(value):
        raise ValueError("expected the path of an env example, relative to `source`")
    return value


def _unprintable(value: str) -> bool:
    return not value.isprintable()


def url(value: str) -> str:
    """Return the URL of an HTTP endpoint as it is; raises ValueError for what is none, or holds a login."""
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


def scalar(value: object) -> object:
    """Return a value that JSON has and that is no object or list; raises ValueError for anything else."""
    if not isinstance(value, str | int | float) or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError(
            "expected text, a number, true or false; a key inside an object is named with dots, in quotes: "
            '"checks.database"'
        )
    return value


def variable(value: str) -> str:
    """Return the name of an environment variable as it is; raises ValueError for what no shell takes."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        raise ValueError("expected the name of an environment variable")
    return value


def registry(value: str) -> str:
    """Return the host of a registry, with its port if it has one, as it is; raises ValueError."""
    if not _host_and_port(value):
        raise ValueError("expected host or host:port of a registry, as it stands before image names")
    return value


def endpoint(value: str) -> str:
    """Return the host of a TLS server, with its port if it is not 443, as it is; raises ValueError."""
    if not _host_and_port(value):
        raise ValueError("expected host or host:port; 443 is the port where none is given")
    return value


def _host_and_port(value: str) -> bool:
    match = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]*(?::(\d{1,5}))?", value)
    return match is not None and 1 <= int(match[1] or 1) <= LAST_PORT


def hostname(value: str) -> str:
    """Return a host name as it is; raises ValueError for what is none."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", value):
        raise ValueError("expected a host name")
    return value


def address(value: str) -> str:
    """Return an IP address in its usual form; raises ValueError for what is none."""
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        raise ValueError("expected an IPv4 or IPv6 address") from None


def clock(value: str) -> str:
    """Return a time of the day, from 00:00 to 24:00, as it is; raises ValueError for anything else."""
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d|24:00", value):
        raise ValueError("expected a time of the day such as 08:30")
    return value


def zone(value: str) -> str:
    """Return the name of a time zone as it is; raises ValueError for one that this machine does not know."""
    try:
        zoneinfo.ZoneInfo(value)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        raise ValueError("expected a time zone such as UTC or Europe/Berlin") from None
    return value


def pattern(value: str) -> str:
    """Return a regular expression as it is; raises ValueError for what is none."""
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"expected a regular expression as Python knows them: {error}") from None
    return value


Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Variable = Annotated[str, AfterValidator(variable)]
Scalar = Annotated[str | int | float | bool, BeforeValidator(scalar)]
Pattern = Annotated[str, AfterValidator(pattern)]
