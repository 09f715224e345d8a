"""What every part of the facts stands on: the connection, the answers so far, and how they are kept."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

from gonogo.deploy.connection import Connection
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.fact import REACHABLE, Answer, Answers, Fact, Unknown
from gonogo.deploy.redact import Redactor
from gonogo.deploy.target import Target
from gonogo.deploy.wire.transcript import Entry, Transcript

AHEAD = 32
"""Facts that are asked ahead at a time: nearly all of the time they wait for the target or for each other."""


class Base:
    """The state of the facts of one target. ``connection`` may be None: every fact of it is then Unknown.

    ``version``: of the release under way, when this is part of one. ``images_of``: the version as which the
    images were built that are taken as they are, empty where the compose file says which. ``pending``: the
    connection is still being opened, so who needs it waits until ``connected`` is called.
    """

    offline: ClassVar[bool] = False
    """Whether only the repository is looked at."""

    def __init__(  # noqa: PLR0913
        self,
        target: Target,
        connection: Connection | None,
        redactor: Redactor,
        failure: GonogoError | None = None,
        version: str = "",
        *,
        images_of: str = "",
        pending: bool = False,
    ) -> None:
        self.target = target
        self.redactor = redactor
        self.version, self.images_of = version, images_of
        self.answers = Answers()
        self.transcript = connection.transcript if connection else Transcript(redactor)
        self._decided = threading.Event()
        if not pending:
            self.connected(connection, failure)

    def connected(self, connection: Connection | None, failure: GonogoError | None = None) -> None:
        """Go on over a connection that shares the transcript of these facts, or without one."""
        self._connection, self._failure = connection, failure
        self._decided.set()

    @property
    def connection(self) -> Connection:
        """The connection; raises Unknown with the reason when there is none."""
        self._decided.wait()
        if self._connection is None:
            raise Unknown(getattr(self._failure, "check", REACHABLE), str(self._failure))
        return self._connection

    def evidence(self, since: int) -> list[Entry]:
        """Return this thread's entries from ``since`` on and those of the facts used; forget the latter."""
        wanted = sorted(self.answers.used | set(self.transcript.mine(since)))
        self.answers.used.clear()
        return self.transcript.at(wanted)

    def forget(self, *names: str) -> None:
        """Make the facts called ``names`` be asked again, after something changed."""
        for name in names:
            self.answers.known.pop(name, None)

    def ahead(self, names: Iterable[str]) -> None:
        """Begin to ask for facts that will be needed; who needs one meanwhile waits for it."""
        pool = ThreadPoolExecutor(AHEAD, thread_name_prefix="gonogo-ahead")
        for name in names:
            if isinstance(getattr(type(self), name, None), Fact):
                pool.submit(self._quietly, name)
        pool.shutdown(wait=False)

    def _quietly(self, name: str) -> None:
        try:
            getattr(self, name)
        except Unknown:
            return

    @classmethod
    def all(cls) -> Iterator[tuple[str, Fact[Any]]]:
        """Yield every fact with its name."""
        for name in dir(cls):
            found = getattr(cls, name)
            if isinstance(found, Fact):
                yield name, found

    def kept(self) -> dict[str, Any]:
        """Return what is known, as JSON's types, by name, for ``restore``: without what must not be kept."""
        found = {}
        for name, fact in self.all():
            answer = self.answers.known.get(name)
            if answer is not None and answer.error:
                found[name] = {"check": answer.error.check, "error": str(answer.error)}
            elif answer is not None:
                found[name] = {"value": fact.kept(answer.value)}
        return found

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Know what ``kept`` returned; a fact that is no longer known is left out."""
        facts = dict(self.all())
        for name, given in kept.items():
            if name in facts:
                error = Unknown(given["check"], given["error"]) if "error" in given else None
                value = None if error else facts[name].adapter.validate_python(given["value"])
                self.answers.known[name] = Answer(value, error)
