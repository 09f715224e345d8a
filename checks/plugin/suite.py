"""One run of the checks against one target: what is known, what was asked, what was found."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from functools import cached_property

from gonogo.checks.plugin.contact import Contact
from gonogo.checks.plugin.early import Early
from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.errors import ConnectionFailed, Unknown
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.release import Release
from gonogo.deploy.release.verified import Verified
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.ssh.transcript import Entry
from gonogo.deploy.steps.recording import record
from gonogo.deploy.target.sections.conditions import Waiver
from gonogo.deploy.target.target import Target
from gonogo.reports.model import Availability, DataCount


@dataclass
class Suite:
    """The state that the checks of one run share.

    ``verified``: the version that verify compares with, empty for the current one; ``version``: of the
    release under way, of which this run is a part; ``images_of``: the version as which the images were built
    that are taken, with ``skip_build``; ``offline``: only the repository is looked at; ``checks``: the ids of
    all checks; ``availability``: how the stack answered during the deployment that this run is a part of, and
    ``watched`` the file in which the runner says so while this run goes on; ``streaks``: by a container's id,
    how many health checks had failed in a row when it was first seen to be unhealthy; ``unreachable``: the id
    of the check that failed for the connection; ``ahead``: all of preflight runs, so what it asks is asked
    ahead of the checks; ``live``: each test that is not one of preflight's begins a new snapshot of the
    target.
    """

    target: Target
    redactor: Redactor
    skip_build: bool = False
    images_of: str = ""
    verified: str = ""
    baseline_of: str = ""
    version: str = ""
    availability: Availability | None = None
    watched: str | None = None
    strict: bool = False
    offline: bool = False
    checks: frozenset[str] = frozenset()
    expect: Expect = field(default_factory=Expect)
    mark: int = 0
    data: list[DataCount] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    streaks: dict[str, int] = field(default_factory=dict)
    unreachable: str = ""
    early: Early | None = None
    ahead: bool = False
    live: bool = True
    _release: Release | None = None
    _contact: Contact | None = None

    @property
    def release(self) -> Release:
        """What would be deployed; a connection is opened at the first use, unless ``start`` began to."""
        if self._release is None:
            self.start()
        assert self._release
        return self._release

    @release.setter
    def release(self, release: Release) -> None:
        self._release = release

    def start(self) -> None:
        """Open the connection while the run goes on and, ``ahead`` of the checks, ask what they will need."""
        begun = self.early.contact(self.target, self.version, self.images_of) if self.early else None
        if begun is None:
            opening = self.early.take(self.target) if self.early else None
            begun = Contact(
                self.target,
                self.redactor,
                opening=opening,
                asks=self.ahead,
                version=self.version,
                images_of=self.images_of,
            )
        self._contact, self._release, self.redactor = begun, begun.release, begun.release.redactor
        begun.release.skip_build = self.skip_build

    @property
    def _connection(self) -> Connection | None:
        return self._contact.connection if self._contact else None

    @property
    def asked_ahead(self) -> str:
        """How many questions were asked ahead, in words; empty when none was."""
        return self._contact.asked_ahead if self._contact else ""

    def recording(self) -> str:
        """Return what this run knew and was answered, masked, as JSON."""
        return record(
            self.release, self._connection, {"skip_build": self.skip_build, "images_of": self.images_of}
        )

    @cached_property
    def released(self) -> Verified:
        """What was deployed, which verify looks at."""
        return Verified(self.release, self.verified, self.baseline_of, self.notes.append)

    @property
    def evidence(self) -> list[Entry]:
        """What this check asked of the target and the answers it used; asking for it asks nothing."""
        return self._release.evidence(self.mark) if self._release else []

    def begin(self, *, live: bool = False) -> None:
        """Start a new check: nothing was expected yet, and evidence counts from here.

        ``live``: it begins a new snapshot of the target.
        """
        self.expect = Expect()
        if self._release:
            if live:
                self._release.host.refresh()
            self._release.answers.used.clear()
            self.mark = self._release.transcript.mark()
        else:
            self.mark = 0

    def cut(self, check: str, error: BaseException | None) -> bool:
        """Return whether a check is the first to meet the end of a connection that there was.

        It fails for that, and those that follow are blocked: ssh.reachable has long passed, or is not run.
        """
        if not isinstance(error, ConnectionFailed | Unknown) or error.check != ConnectionFailed.check:
            return False
        first = not self.unreachable and check != error.check and self._connection is not None
        self.unreachable = self.unreachable or (check if first else error.check)
        return first

    def waiver(self, check: str) -> Waiver | None:
        """Return the waiver of a check that holds today, if there is one."""
        # A recording is judged as of its own day.
        today = (
            self._release.controller.clock.now if self._release else datetime.datetime.now(datetime.UTC)
        ).date()
        return next((w for w in self.target.waivers if w.check == check and today <= w.until), None)

    def close(self) -> None:
        """End the connection; a fault of ours while it was opened is raised here."""
        if self._contact:
            self._contact.close()
