"""What every part of a release stands on: the two hosts, the answers so far, and how they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from gonogo.deploy.errors import GonogoError, Unknown
from gonogo.deploy.host.answers import Answer, Answers, Asked, Asker
from gonogo.deploy.host.backend import ConnectionBackend
from gonogo.deploy.host.host_key import LOCAL
from gonogo.deploy.host.local import HERE, LocalConnection
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.host import Host
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.ssh.transcript import Entry, Transcript
from gonogo.deploy.target.target import Target


class Base:
    """The target and its two hosts. ``connection`` may be None: what would ask the target is then Unknown.

    ``version``: of the release under way, when this is part of one. ``images_of``: the version as which the
    images were built that are taken as they are, empty where the compose file says which. ``skip_build``:
    images are taken as they are and not built. ``pending``: the connection is still being opened, so who
    needs it waits until ``connected`` is called.
    ``here``: what the machine that deploys is asked over, where it is not to be asked itself.
    """

    offline: ClassVar[bool] = False
    """Whether only the repository is looked at."""
    local: ClassVar[bool] = False
    """Whether all its properties ask this machine alone: each says so itself."""

    def __init__(  # noqa: PLR0913
        self,
        target: Target,
        connection: Connection | None,
        redactor: Redactor,
        failure: GonogoError | None = None,
        version: str = "",
        *,
        images_of: str = "",
        skip_build: bool = False,
        pending: bool = False,
        here: Connection | None = None,
    ) -> None:
        self.target = target
        self.redactor = redactor
        redactor.spare(target.words)
        self._version, self.images_of, self.skip_build = version, images_of, skip_build
        self.answers = Answers()
        self.transcript = connection.transcript if connection else Transcript(redactor)
        self._line = ConnectionBackend(target.host, target.ssh.config_file)
        self.host = Host(self._line, self.transcript, self.answers, redactor)
        local = ConnectionBackend(LOCAL, machine=HERE)
        local.connected(here or cast(Connection, LocalConnection(self.transcript)))
        self.controller = Host(local, self.transcript, self.answers, redactor, "controller")
        if not pending:
            self.connected(connection, failure)

    def connected(self, connection: Connection | None, failure: GonogoError | None = None) -> None:
        """Go on over a connection that shares the transcript of these hosts, or without one."""
        self._line.connected(connection, failure)

    @property
    def version(self) -> str:
        """The version of the run that this is part of, empty where it is part of none."""
        return self._version

    @property
    def connection(self) -> Connection:
        """The connection; raises Unknown with the reason when there is none."""
        return self.host.connection

    def key(self, name: str) -> str:
        """Return under what the answer of the property called ``name`` is kept."""
        return name

    def evidence(self, since: int) -> list[Entry]:
        """Return this thread's entries from ``since`` on and those of the answers used; forget the latter."""
        wanted = sorted(self.answers.used | set(self.transcript.mine(since)))
        self.answers.used.clear()
        return self.transcript.at(wanted)

    def forget(self, *keys: str) -> None:
        """Make what is kept under ``keys`` be asked again, after something changed."""
        for key in keys:
            if place := self.find(key):
                self.answers.known.pop(place[0].key(place[1]), None)

    def find(self, key: str) -> tuple[Asker, str] | None:
        """Return what holds the property that is kept under ``key``, and its name; None for no property."""
        if isinstance(getattr(type(self), key, None), Asked):
            return self, key
        return self.host.find(key) or self.controller.find(key)

    def kept(self) -> dict[str, Any]:
        """Return what was answered last, by key and as JSON's types, but not what must not be kept."""
        found = {}
        for key, answer in sorted({**self.answers.latest, **self.answers.known}.items()):
            if answer.error:
                found[key] = {"check": answer.error.check, "error": str(answer.error)}
            elif place := self.find(key):
                found[key] = {"value": _asked(*place).kept(answer.value)}
        return found

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Know what ``kept`` returned; a property that is no longer known is left out."""
        for key, given in kept.items():
            if place := self.find(key):
                error = Unknown(given["check"], given["error"]) if "error" in given else None
                value = None if error else _asked(*place).adapter.validate_python(given["value"])
                self.answers.known[place[0].key(place[1])] = Answer(value, error)
        self.answers.fixed = True


def _asked(holder: Asker, name: str) -> Asked[Any]:
    found: Asked[Any] = getattr(type(holder), name)
    return found
