"""One run of the runner: what it is about, and the record that becomes the report."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from gonogo.deploy.availability.prober import Watch
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup.backup_store import Backup
from gonogo.deploy.progress import Progress
from gonogo.deploy.redaction import tracebacks
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.history import JournalledRun
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.journal import BACK, FORWARDS, Journal
from gonogo.deploy.release.locking import Lock
from gonogo.deploy.release.plan import Change
from gonogo.deploy.release.records import Baseline, Image
from gonogo.deploy.release.records import Record as Recorded
from gonogo.deploy.release.release import Release
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.steps import hooks
from gonogo.deploy.switch.course import Course
from gonogo.deploy.target.target import Target
from gonogo.reports.model import Release as Record
from gonogo.reports.model import ServiceChange, Step


@dataclass
class Note:
    """What a step says of itself when it is done."""

    detail: str = ""


@dataclass
class Run:
    """The state that the steps of one run share. ``record`` is filled as they go.

    ``images_of``: the version as which the images were built that are taken as they are, else empty.
    ``resumed``: the version of the run that this one brings to its end, else empty. ``untidy``: the release's
    files or tags are on the target, and it will not be started. ``course``: what leads to its goal; ``made``:
    the services of the releases that are left; ``once``: its one-shots. ``goal``: the version to which a
    rollback, or a run that is resumed, leads. ``changing``: the switch has begun. ``done``: what it did, in
    words; ``leading``: what the summary says before that. ``before``: the release that a way back leads to,
    as it was recorded. ``foreseen``: what was known beforehand to be wrong with a way back. ``stuck``: the
    networks that could not be removed to be made anew, and who runs in them; ``refused``: those that Compose
    failed to make anew. ``open``: what is closed with the run. ``named``: its version was given.
    """

    target: Target
    progress: Progress
    redactor: Redactor
    record: Record
    work: Path
    begun: float = field(default_factory=time.monotonic)
    skip_build: bool = False
    strict: bool = False
    named: bool = False
    images_of: str = ""
    resumed: str = ""
    untidy: bool = False
    images: dict[str, Image] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    course: Course | None = None
    goal: str = ""
    made: set[str] = field(default_factory=set)
    once: set[str] = field(default_factory=set)
    changing: bool = False
    done: str = ""
    leading: str = ""
    before: Recorded | None = None
    foreseen: list[str] = field(default_factory=list)
    stuck: dict[str, list[str]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    open: ExitStack = field(default_factory=ExitStack)
    made_backup: Backup | None = None
    switched: list[str] = field(default_factory=list)
    baseline_: Baseline | None = None
    watch: Watch | None = None
    files: dict[str, Path] = field(default_factory=dict)
    connection_: Connection | None = None
    release_: Release | None = None
    journal: Journal | None = None
    lock: Lock | None = None

    @property
    def version(self) -> str:
        """The version that this is journalled as; the report of a run that resumes another has its own."""
        return self.resumed or self.record.version

    def begin_journal(self) -> None:
        """Journal the steps from here on, where that has not begun yet."""
        if self.journal is None:
            previous = self.record.previous
            self.journal = Journal(self.connection, self.target, self.version, self.goal, previous)

    def take_up(self, last: JournalledRun) -> None:
        """Go on as a run that was cut off; the report keeps a version of its own, beside that run's."""
        self.resumed = last.version
        previous = self.record.previous
        self.journal = Journal(self.connection, self.target, last.version, last.goal, previous)
        self.journal.direction = BACK if last.back else FORWARDS

    @property
    def ended(self) -> list[str]:
        """The services that had done their work before this run, and ended with 0."""
        return self.baseline_.ended if self.baseline_ else []

    @property
    def networks_before(self) -> list[str] | None:
        """The networks that were there before this run; None where that is not known."""
        return self.baseline_.networks if self.baseline_ else None

    def touching(self, services: Collection[str]) -> None:
        """Note that containers of services are about to be made anew, or to go."""
        self.switched += [name for name in services if name not in self.switched]
        if self.watch:
            self.watch.changing()

    def say(self, text: str) -> None:
        """Show a line under the step that goes on."""
        self.progress.line(self.redactor(text))

    @property
    def strictness(self) -> list[str]:
        """The options with which the suites take warnings for errors, where that was asked for."""
        return ["--strict"] if self.strict else []

    @property
    def way(self) -> Course:
        """What leads to the goal, once it was planned."""
        assert self.course
        return self.course

    @property
    def baseline(self) -> Baseline:
        """The state before the release, once it was taken."""
        assert self.baseline_
        return self.baseline_

    @property
    def way_back(self) -> str:
        """The release that a run which fails goes back to; empty where no container of the stack was there.

        A release is recorded then, too, where its containers were removed, or an engine lost them when its
        image store was changed: the state before the run is that nothing runs.
        """
        return self.record.previous if self.baseline_ is None or self.baseline_.containers else ""

    @property
    def connection(self) -> Connection:
        """The connection, once it is open."""
        assert self.connection_
        return self.connection_

    @property
    def release(self) -> Release:
        """What is deployed, once there is a connection."""
        assert self.release_
        return self.release_

    @property
    def host(self) -> Host:
        """The target as it is asked, once there is a connection."""
        return self.release.host

    def connect(self) -> None:
        """Open the connection and learn what must be redacted; raises ConnectionFailed."""
        self.connection_ = Connection.open(self.target, redact=self.redactor)
        self.release_ = Release(
            self.target,
            self.connection_,
            self.redactor,
            version=self.version,
            images_of=self.images_of,
            skip_build=self.skip_build,
        )
        self.release_.environment.learn()

    @contextmanager
    def step(self, name: str, detail: str = "") -> Iterator[Note]:
        """Run a step: shown, journalled before it begins where there is a journal, timed, recorded.

        The hooks of the step belong to it: where one fails, the step fails.
        """
        note, begun = Note(), time.monotonic()
        self.progress.begin(name, detail)
        state = "failed"
        try:
            if self.journal:
                self.journal.write(name, "begun", detail)
            self._hook("before", name)
            yield note
            self._hook("after", name)
            state = "done"
        except KeyboardInterrupt:
            state, note.detail = "interrupted", "interrupted"
            raise
        except GonogoError as error:
            note.detail = str(error)
            tracebacks.show(error)
            raise
        finally:
            self._ended(name, state, note, begun)

    def _hook(self, when: str, step: str) -> None:
        given = hooks.variables(self.target, step, self.version, self.record.previous)
        given |= self.connection_.environment if self.connection_ else {}
        if hooks.run(self.target, when, step, given, lambda line: self.progress.line(self.redactor(line))):
            self.note(f"the hook {when}-{hooks.name_of(step)} was run")

    def _ended(self, name: str, state: str, note: Note, begun: float) -> None:
        step = Step.model_validate(
            {
                "name": name,
                "status": state,
                "started": round(begun - self.begun, 2),
                "seconds": round(time.monotonic() - begun, 2),
                "detail": self.redactor(note.detail),
            }
        )
        self.record.steps.append(step)
        self.progress.done(step)
        if self.journal:
            try:
                self.journal.write(name, state, note.detail)
            except GonogoError as error:
                self.note(f"the journal on the target could not be written: {error}")

    def note(self, text: str) -> None:
        """Add a note to the record, once."""
        if text not in self.record.notes:
            self.record.notes.append(self.redactor(text))

    def changed(self, changes: list[Change]) -> None:
        """Put the plan into the record."""
        self.changes = changes
        self.record.services = [
            ServiceChange(
                service=c.service, action=c.action, why=c.why, image_before=c.before, image_after=c.after
            )
            for c in changes
        ]
