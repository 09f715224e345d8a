"""What a target file says of its host and of the moment: names, limits, hours, waivers."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated, get_args

from pydantic import AfterValidator, Field, field_validator

from gonogo.deploy.target.sections import values
from gonogo.deploy.target.sections.values import Day, Section

HEALTHY_S = 120.0
"""How long a service may take to become healthy where nobody says how long."""


class Tls(Section):
    """Certificates that must not expire soon, beside those of https health endpoints."""

    hosts: list[Annotated[str, AfterValidator(values.endpoint)]] = Field(default_factory=list)
    days: int = Field(14, ge=0)


class Dns(Section):
    """Names that must lead to this target, and its addresses as the world sees them."""

    names: list[Annotated[str, AfterValidator(values.hostname)]] = Field(min_length=1)
    addresses: list[Annotated[str, AfterValidator(values.address)]] = Field(default_factory=list)


class Window(Section):
    """When deployments may start: on these days, from ``start`` until ``end``, by that zone's clock."""

    days: list[Day] = Field(default_factory=lambda: list(get_args(Day)), min_length=1)
    start: Annotated[str, AfterValidator(values.clock)] = "00:00"
    end: Annotated[str, AfterValidator(values.clock)] = "24:00"
    timezone: Annotated[str, AfterValidator(values.zone)] = "UTC"


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
    healthy_timeout_s: float | None = Field(None, gt=0)

    def healthy_within(self, *settled_s: float) -> float:
        """Return how many seconds a service may take to become healthy.

        That is ``healthy_timeout_s``, and where that is not set, 120 or as long as the health check of a
        container needs to see that it is well, which ``settled_s`` are.
        """
        return self.healthy_timeout_s or max(HEALTHY_S, *settled_s, 0.0)


class Waiver(Section):
    """A check that is accepted as failing until the end of a day."""

    check: str = Field(pattern=r"^\w+\.\w+(\[.*\])?$")
    reason: str = Field(min_length=8)
    until: datetime.date
