"""The contact of a run: what would be deployed, and the connection that is opened while the run goes on."""

from __future__ import annotations

import threading

from gonogo.checks.plugin import declared
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.answers import ahead
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.release.release import Release
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.ssh.opening import Opening, opened
from gonogo.deploy.ssh.pipeline import LANES
from gonogo.deploy.target.target import Target


class Contact:
    """Begins to connect to a target; ``connection`` is None until it is there. Close it.

    ``asks``: what preflight will ask is asked ahead of its checks. ``opening``: the way to the target that
    was begun to be opened. The others are those of ``Release``.
    """

    def __init__(  # noqa: PLR0913  those of the release, and those of the connection
        self,
        target: Target,
        redactor: Redactor,
        *,
        opening: Opening | None = None,
        asks: bool = False,
        version: str = "",
        images_of: str = "",
    ) -> None:
        self.connection: Connection | None = None
        self.release = Release(target, None, redactor, version=version, images_of=images_of, pending=True)
        self._fault: Exception | None = None
        self._opening = threading.Thread(
            target=self._open, args=(opening, LANES if asks else 1), daemon=True, name="gonogo-open"
        )
        self._opening.start()
        if asks:
            ahead(declared.questions(self.release))

    def serves(self, target: Target, version: str, images_of: str) -> bool:
        """Return whether it is what a run with these needs."""
        release = self.release
        return (release.target, release.version, release.images_of) == (target, version, images_of)

    @property
    def asked_ahead(self) -> str:
        """How many questions were asked ahead, in words; empty when none was."""
        shared = self.connection.shared if self.connection else 0
        return f"{shared} questions were asked ahead, side by side" if shared else ""

    def close(self) -> None:
        """End the connection; a fault of ours while it was opened is raised here."""
        self._opening.join()
        if self.connection:
            self.connection.close()
        if self._fault:
            raise self._fault

    def _open(self, opening: Opening | None, shells: int) -> None:
        failure: GonogoError | None = None
        release = self.release
        try:
            opening = opening or opened(release.target, shells=shells)
            self.connection = Connection.open(
                release.target, redact=release.redactor, opening=opening, transcript=release.transcript
            )
            self.connection.changed = release.host.refresh
        except GonogoError as error:
            failure = error
        except Exception as error:  # noqa: BLE001  it is raised where the run ends
            self._fault = error
            failure = GonogoError(f"{release.target.host}: {error}")
        finally:
            release.connected(self.connection, failure)
