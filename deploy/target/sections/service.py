"""What a target file says of a stack that runs: when it is well, and how that is watched."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from gonogo.deploy.target.sections import values
from gonogo.deploy.target.sections.values import Pattern, Scalar, Section


class Health(Section):
    """An endpoint that answers when the stack is well. It is asked from the target."""

    url: Annotated[str, AfterValidator(values.url)]
    status: int = Field(200, ge=100, le=599)
    expect: dict[str, Scalar] = Field(default_factory=dict, alias="json")
    latency_ms: int = Field(2000, gt=0)
    timeout_s: float = Field(60, gt=0)
    consecutive: int = Field(2, ge=1, le=100)


class Availability(Section):
    """How downtime is measured while a release is made, and how long it may be.

    ``rate``: requests a second in all, sent whether or not the last ones were answered, 0 for none; without
    it one request at a time for each URL. ``public_urls`` are asked from this machine, in place of the health
    endpoints.
    """

    rate: int | None = Field(None, ge=0, le=1000)
    budget_s: float = Field(15, gt=0)
    max_failed: int | None = Field(None, ge=0)
    public_urls: list[Annotated[str, AfterValidator(values.url)]] = Field(default_factory=list)

    @property
    def declared(self) -> bool:
        """Whether the target file itself limits the downtime."""
        return not self.model_fields_set.isdisjoint({"budget_s", "max_failed"})


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

    files: list[Annotated[str, AfterValidator(values.local_folder)]] = Field(default_factory=list)
