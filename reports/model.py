"""What a report is made of: plain records that the suites and the runner write and the page reads."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

CheckStatus = Literal["passed", "failed", "warning", "blocked", "waived", "skipped"]
Severity = Literal["error", "warning"]
StepStatus = Literal["done", "failed", "skipped", "undone", "interrupted"]
Verdict = Literal[
    "deployed", "no-go", "failed-unchanged", "rolled-back", "rollback-failed", "interrupted", "go", "locked"
]


class Record(BaseModel):
    """Base of all records: unknown fields are a programming error, so they are refused."""

    model_config = ConfigDict(extra="forbid")


class Evidence(Record):
    """One question asked of the target and its answer, already redacted."""

    command: str
    exit_status: int | None = None
    output: str = ""
    seconds: float = 0.0


class CheckResult(Record):
    """One condition and what was found; ``id`` is stable, such as ``ports.free``.

    ``waived_until``: the last day (ISO 8601) on which its failing is accepted, ``waiver``: for what reason;
    both are empty where that was not made use of.
    """

    id: str
    suite: str
    title: str
    status: CheckStatus
    severity: Severity = "error"
    reason: str = ""
    fix: str = ""
    found: str = ""
    expected: str = ""
    message: str = ""
    waived_until: str = ""
    waiver: str = ""
    evidence: list[Evidence] = Field(default_factory=list)
    seconds: float = 0.0
    nodeid: str = ""

    @property
    def subject(self) -> str:
        """The first word of the id, by which checks are grouped."""
        return self.id.split(".", 1)[0]


class Step(Record):
    """One thing that the runner did; ``started`` counts seconds since the release began."""

    name: str
    status: StepStatus
    started: float
    seconds: float
    detail: str = ""


class ServiceChange(Record):
    """What a release does to one service and why.

    ``image``: the image's name in the compose file; ``image_before``, ``image_after``: by what it is known
    exactly, most often its id; ``size_before``, ``size_after``: in bytes, unpacked, None where not known.
    """

    service: str
    action: Literal["unchanged", "replaced", "created", "removed"]
    why: str = ""
    image: str = ""
    image_before: str = ""
    image_after: str = ""
    size_before: int | None = None
    size_after: int | None = None


class KeyChange(Record):
    """What happened to one environment variable of a service; its value is told to nobody."""

    service: str
    key: str
    change: Literal["added", "removed", "changed"]


class Configuration(Record):
    """What differs in the configuration from the release before.

    ``diff``: of the compose files as they are written, in unified form, secrets masked; ``keys``: of the
    environment that services are given.
    """

    diff: str = ""
    keys: list[KeyChange] = Field(default_factory=list)


class DataCount(Record):
    """Documents of one collection before and after the release; ``None`` where it was not counted."""

    collection: str
    kind: str
    before: int | None = None
    after: int | None = None


class Backup(Record):
    """The backup that a release took before it changed anything, and the proof that it can be restored.

    ``bytes``: of the dump. ``seconds``: to make it. ``recovery_seconds``: how long its restore took;
    None where there was none. ``consistency``: in words, of what moment it is.
    """

    name: str
    folder: str
    tool: str
    bytes: int
    documents: int
    seconds: float
    consistency: str = ""
    proved: bool | None = None
    recovery_seconds: float | None = None


class Phase(Record):
    """Requests of one phase; percentiles in milliseconds, of successful responses, None without any."""

    requests: int = 0
    failed: int = 0
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None


NOTICED_S = 1.0
"""Seconds without a good answer, though no request failed, that somebody who waits for one would notice."""


class Answered(Record):
    """How one URL answered while it was watched.

    ``gap_s``: the longest time without a successful response, None where there never was one;
    ``gap_at``: when it began, in seconds of the watch. ``before`` and ``during``: what was answered
    before, and since, the release began to change what runs. ``errors``: how often, by what was wrong.
    ``slots``: for each slot with requests, its begin in seconds, successful responses, failures.
    """

    url: str
    requests: int = 0
    failed: int = 0
    gap_s: float | None = None
    gap_at: float = 0.0
    before: Phase = Field(default_factory=Phase)
    during: Phase = Field(default_factory=Phase)
    errors: dict[str, int] = Field(default_factory=dict)
    slots: list[tuple[float, int, int]] = Field(default_factory=list)

    @property
    def downtime_s(self) -> float | None:
        """Its downtime: the longest time without a successful response, in seconds.

        None where it never answered well. The time between two answers is none where no request failed and
        none was answered late.
        """
        if self.gap_s is None:
            return None
        return self.gap_s if self.failed or self.gap_s >= NOTICED_S else 0.0


class Availability(Record):
    """How the stack answered while a release was made.

    ``rate``: requests a second that were meant to be sent in all; None: one at a time for each URL.
    ``seconds``: how long it was watched. ``changed_at``: when the release began to change what runs, in
    seconds of the watch. ``slot_s``: the length of a slot. ``settled``: every URL was left when it answered
    well, since its health is judged now.
    """

    rate: float | None
    seconds: float
    changed_at: float | None = None
    slot_s: float = 0.1
    settled: bool = False
    urls: list[Answered] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)

    @property
    def downtime_s(self) -> float | None:
        """The longest downtime of any URL, in seconds; None where none ever answered successfully."""
        return max((one.downtime_s for one in self.urls if one.downtime_s is not None), default=None)


class SuiteEnd(Record):
    """What a suite says at its end, beside its checks."""

    data: list[DataCount] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)


class Release(Record):
    """Everything that is known of one release; the report page is a function of this and nothing else.

    ``commits``: what ships, the newest first; ``commits_lost``: what ran before and does no longer.
    """

    target: str
    host: str
    project: str
    version: str
    previous: str = ""
    commit: str = ""
    method: str = "tar"
    verdict: Verdict
    exit_code: int
    summary: str = ""
    started_at: str = ""
    seconds: float = 0.0
    services: list[ServiceChange] = Field(default_factory=list)
    commits: list[str] = Field(default_factory=list)
    commits_lost: list[str] = Field(default_factory=list)
    configuration: Configuration | None = None
    steps: list[Step] = Field(default_factory=list)
    checks: list[CheckResult] = Field(default_factory=list)
    data: list[DataCount] = Field(default_factory=list)
    backup: Backup | None = None
    availability: Availability | None = None
    logs: dict[str, str] = Field(default_factory=dict)
    inspections: dict[str, str] = Field(default_factory=dict)
    links: dict[str, str] = Field(default_factory=dict)
    notes: list[str] = Field(default_factory=list)

    @property
    def first(self) -> bool:
        """Whether nothing of the stack ran before it, so that nothing could be away or come back."""
        return bool(self.services) and all(change.action == "created" for change in self.services)
