"""A recording: what a run of the checks knew and was answered, kept to be judged again offline."""

from __future__ import annotations

import datetime
from collections import defaultdict, deque
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from gonogo.deploy.errors import GonogoError, Unknown, UsageError
from gonogo.deploy.redaction.redactor import Redactor, numbered
from gonogo.deploy.release.release import Release
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.ssh.request_log import Asked
from gonogo.deploy.ssh.shell import Result
from gonogo.deploy.ssh.transcript import Entry, Transcript
from gonogo.deploy.target.target import Target


class Recording(BaseModel):
    """The target, what was known of it, and every command that changed nothing with its answer, masked."""

    model_config = ConfigDict(extra="forbid")
    target: dict[str, Any]
    taken: str
    options: dict[str, Any]
    facts: dict[str, Any]
    commands: list[Asked]

    def release_of(self) -> Release:
        """Return the release as it was known then, over a connection that answers from the recording."""
        redactor = Redactor()
        target = Target.model_validate(self.target, strict=False)
        connection = cast(Connection, Recorded(target.host, self.commands, redactor))
        version, images_of = (str(self.options.get(name, "")) for name in ("version", "images_of"))
        release = Release(target, connection, redactor, version=version, images_of=images_of, here=connection)
        release.skip_build = bool(self.options.get("skip_build"))
        release.restore(self.facts)
        return release


class Recorded:
    """Stands in for a connection: it answers what was asked then, and nothing else."""

    def __init__(self, host: str, commands: list[Asked], redactor: Redactor) -> None:
        self.host = host
        self.transcript = Transcript(redactor)
        self.redact = redactor
        self._answers: defaultdict[str, deque[Asked]] = defaultdict(deque)
        for one in commands:
            self._answers[one.command].append(one)

    def run(self, command: str, **_: Any) -> Result:
        """Return the answers of then, in turn, and the last again; raises Unknown for what was not asked."""
        found = self._answers.get(command)
        if not found:
            raise Unknown(
                "recording", f"`{command}` was not asked when this run was recorded, or answered too much"
            )
        one = found.popleft() if len(found) > 1 else found[0]
        self.transcript.add(Entry(command, one.exit_status, f"{one.output}{one.errors}", 0.0))
        return Result(command, one.exit_status, one.output.encode(), one.errors.encode(), 0.0)

    def check(self, command: str, **_: Any) -> Result:
        """Return as ``run``; raises GonogoError when its status was not 0."""
        result = self.run(command)
        if not result.ok:
            raise GonogoError(f"{self.host}: `{command}` ended with {result.exit_status}")
        return result

    def forward_port(self, host: str, port: int, **_: object) -> int:
        """Raise Unknown: nothing can be reached."""
        raise Unknown("recording", f"{host}:{port} cannot be reached: this is a recording")

    def forward_socket(self, remote: str) -> Path:
        """Raise Unknown: nothing can be reached."""
        raise Unknown("recording", f"{remote} cannot be reached: this is a recording")

    def close(self) -> None:
        """Do nothing."""


def record(release: Release, connection: Connection | None, options: dict[str, Any]) -> str:
    """Return the recording of a run as JSON; every known secret in it is masked by a number of its own."""
    made = Recording(
        target=release.target.model_dump(mode="json", by_alias=True),
        taken=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        options={**options, "version": release.version},
        facts=release.kept(),
        commands=list(connection.asked) if connection else [],
    )
    return numbered(release.redactor, made.model_dump_json(indent=1))


def load(file: Path) -> Recording:
    """Return the recording in a file, or in a folder that holds one; raises UsageError."""
    if file.is_dir():
        found = sorted(file.glob("*.recording.json"))
        if not found:
            raise UsageError(f"{file} holds no recording (*.recording.json): name a report's folder")
        file = found[0]
    try:
        return Recording.model_validate_json(file.read_bytes())
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from None
    except ValidationError:
        raise UsageError(f"{file} is no recording of this version of gonogo: run preflight again") from None
