"""What every host has: the way to it, and the answers so far, by the properties of its nouns."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, cast

from gonogo.deploy.host.answers import Answers, Asked
from gonogo.deploy.host.backend import ConnectionBackend
from gonogo.deploy.host.noun import Noun
from gonogo.deploy.host.testinfra_types import TestinfraHost
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.ssh.transcript import Transcript

if TYPE_CHECKING:
    from gonogo.deploy.host.machine import Machine

Role = Literal["host", "controller"]
WRITTEN = re.compile(r"(\w+)\.(\w+?)(?:\((.*)\))?\.(\w+)", re.DOTALL)
"""A property of a noun as it is written: ``host.filesystem("/srv").room``."""


class BaseHost(TestinfraHost):
    """testinfra's host over our connection, which knows what its nouns were answered.

    ``role``: what tests call it; ``machine``: what messages call it.
    """

    def __init__(
        self,
        backend: ConnectionBackend,
        transcript: Transcript,
        answers: Answers,
        redactor: Redactor,
        role: Role = "host",
    ) -> None:
        super().__init__(backend)
        backend.set_host(self)
        self._line = backend
        self.transcript, self.answers = transcript, answers
        self.redactor, self.role = redactor, role

    @classmethod
    def over(cls, connection: Connection, role: Role = "host") -> Self:
        """Return the host that ``connection`` leads to, of which nothing was asked yet."""
        backend = ConnectionBackend(connection.host)
        backend.connected(connection)
        return cls(backend, connection.transcript, Answers(), Redactor(), role)

    @property
    def connection(self) -> Connection:
        """The way to the host; raises Unknown with the reason when there is none."""
        return self._line.connection

    @property
    def machine(self) -> str:
        """What messages call the host: the target's host as it stands in its file, or "this machine"."""
        return self._line.machine

    @property
    def address(self) -> str:
        """The host as a target file names it, ``local`` for the machine that deploys."""
        return self._line.address

    @property
    def config_file(self) -> Path | None:
        """The configuration of ssh for this host, where it is not the user's own."""
        return self._line.config_file

    def forget(self, noun: str) -> None:
        """Forget what is known of every noun that is called so; it is asked again then."""
        self.answers.forget(f"{self.role}.{noun}.", f"{self.role}.{noun}(")

    def refresh(self) -> None:
        """Begin a new snapshot: whatever is known of the host is asked again when it is needed."""
        self.answers.renew(here=self.role == "controller")

    def find(self, written: str) -> tuple[Noun, str] | None:
        """Return the noun and the name of a property as it is written, None for what is none of this host."""
        read = WRITTEN.fullmatch(written)
        kind = {one.noun: one for one in Noun.__subclasses__()}.get(read[2]) if read else None
        if read is None or kind is None or kind.of_release or read[1] != self.role:
            return None
        try:
            names = json.loads(f"[{read[3] or ''}]")
        except ValueError:
            return None
        known = isinstance(getattr(kind, read[4], None), Asked) and all(isinstance(n, str) for n in names)
        return (kind(cast("Machine", self), *names), read[4]) if known else None


def properties(noun: type[Noun]) -> Iterator[tuple[str, Asked[Any]]]:
    """Yield every property of a noun that is asked once, with its name."""
    for name in dir(noun):
        found = getattr(noun, name)
        if isinstance(found, Asked):
            yield name, found
