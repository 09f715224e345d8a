"""A part of a release: a few properties that belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from gonogo.deploy.host.answers import Answers
from gonogo.deploy.host.host import Host
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.ssh.transcript import Transcript
from gonogo.deploy.target.target import Target

if TYPE_CHECKING:
    from gonogo.deploy.release.release import Release


class Part:
    """The base of the parts of a release. What is asked once is kept with the answers of the whole."""

    part: ClassVar[str]
    """What the release calls it."""
    local: ClassVar[bool] = False
    """Whether all its properties ask this machine alone: each says so itself."""

    def __init__(self, release: Release) -> None:
        self._release = release

    def key(self, name: str) -> str:
        """Return under what the answer of the property called ``name`` is kept."""
        return self._release.key(f"{self.part}.{name}")

    @property
    def target(self) -> Target:
        """The target file."""
        return self._release.target

    @property
    def host(self) -> Host:
        """The target."""
        return self._release.host

    @property
    def controller(self) -> Host:
        """The machine that deploys."""
        return self._release.controller

    @property
    def connection(self) -> Connection:
        """The way to the target; raises Unknown with the reason when there is none."""
        return self._release.connection

    @property
    def redactor(self) -> Redactor:
        """What hides secrets."""
        return self._release.redactor

    @property
    def answers(self) -> Answers:
        """The answers so far."""
        return self._release.answers

    @property
    def transcript(self) -> Transcript:
        """Everything that was asked, with its answer."""
        return self._release.transcript
