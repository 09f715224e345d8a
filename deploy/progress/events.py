"""The events that ``--json`` prints, one JSON object a line; docs/json.md tells of all of them."""

from __future__ import annotations

import json

from pydantic import BaseModel, ConfigDict

from gonogo.deploy.progress.plan_preview import PlanPreview
from gonogo.reports.model import Backup, CheckResult, Release, Step


class Event(BaseModel):
    """Base of the events that are nothing but that."""

    model_config = ConfigDict(extra="forbid")


class Begin(Event):
    """A step begins."""

    step: str
    detail: str


class Sent(Event):
    """How many bytes a step has sent, or a phase of it, such as ``loading``; empty where it has none.

    It is told when it begins, at most once a second, and at its end.
    ``total``: how many there will be, None where nobody can know; ``about``: that is an estimate. ``rate``:
    bytes a second since the first piece.
    """

    step: str
    phase: str
    bytes: int
    total: int | None
    about: bool
    rate: int
    seconds: float


class Line(Event):
    """A line that a program printed in a step, such as a build."""

    step: str
    text: str


class Warned(Event):
    """What somebody should know, though it changes nothing of how the run ends."""

    step: str
    text: str


class Ended(Release):
    """The run ended. ``report``: the path of its page; ``next``: the one command to go on with, or empty."""

    report: str
    next: str


class Proved(Event):
    """A backup was restored into a throwaway server and compared; ``told``: what was found, in words."""

    name: str
    proved: bool
    told: str
    differences: list[str]


class Kept(Event):
    """A backup that is on the target; ``proved``: what its proof found, in words, empty without one."""

    name: str
    made: str
    documents: int
    bytes: int
    tool: str
    users: bool
    proved: str


class BroughtBack(Event):
    """A backup was restored into a database; ``safety``: the backup of what was there, if anything was."""

    name: str
    database: str
    documents: int
    seconds: float
    replaced: bool
    safety: str
    dropped: list[str]
    users: bool


class Past(Event):
    """A run that the journal on the target tells of; ``seconds`` is None where it never ended."""

    version: str
    begun: str
    seconds: float | None
    outcome: str
    summary: str
    current: bool


class Container(Event):
    """One container that runs, and whether it runs what was released."""

    name: str
    service: str
    well: bool
    released: bool
    told: str


class State(Event):
    """What ``gonogo status`` says. ``well``: nothing has to be done.

    ``lacking``: the services of the release that have fewer containers than they should.
    ``env_edited``: what happened to the env file since the release, by the names of variables.
    ``cut_off``: the version of a run that never ended, or empty; ``cut_off_in``: how far it came, in words.
    """

    release: str
    created: str
    env_edited: str
    containers: list[Container]
    lacking: list[str]
    lock: str
    cut_off: str
    cut_off_in: str
    well: bool


class Failure(Event):
    """The command ended without doing what it was asked for; ``message`` is one sentence."""

    message: str
    exit_code: int


KINDS: dict[type[BaseModel], str] = {
    Begin: "begin",
    Sent: "bytes",
    Line: "line",
    Warned: "warning",
    CheckResult: "check",
    Step: "step",
    PlanPreview: "plan",
    Ended: "release",
    Backup: "backup",
    Proved: "proof",
    Kept: "kept",
    BroughtBack: "restored",
    Past: "run",
    State: "status",
    Failure: "error",
}
"""What an event's ``event`` is, by what it is made of: nothing else can be printed."""


def line(event: BaseModel) -> str:
    """Return an event as one line of JSON, ``event`` first; raises KeyError for what is none.

    It is ASCII, so that nobody takes a character in it for the end of a line.
    """
    return json.dumps({"event": KINDS[type(event)], **event.model_dump(mode="json")})
