"""A part of a release: a few properties that belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from gonogo.deploy.ssh.connection import Connection
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
        self.host, self.controller, self.redactor = release.host, release.controller, release.redactor
        self.answers, self.transcript = release.answers, release.transcript

    def key(self, name: str) -> str:
        """Return under what the answer of the property called ``name`` is kept."""
        return self._release.key(f"{self.part}.{name}")

    @property
    def target(self) -> Target:
        """The target file."""
        return self._release.target

    @property
    def connection(self) -> Connection:
        """The way to the target; raises Unknown with the reason when there is none."""
        return self._release.connection
