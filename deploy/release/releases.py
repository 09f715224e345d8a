"""The releases that are recorded in a folder of a host; see ``deploy/release/records.py``."""

from __future__ import annotations

from pathlib import PurePosixPath

from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.noun import Noun
from gonogo.deploy.release import recorded
from gonogo.deploy.release.recorded import Recorded
from gonogo.deploy.release.records import Baseline, Record


class Releases(Noun):
    """The releases in a folder of a host, such as a stack's ``.deploy``.

    >>> host.releases("/srv/shop/.deploy").current.version
    '8193b2c2-20261124-145500'
    """

    @asked("release.recorded")
    def recorded(self) -> Recorded:
        """What the folder holds of the release that its ``current`` names; raises GonogoError."""
        (folder,) = self._names
        return recorded.recorded(self.connection, PurePosixPath(folder))

    @asked("release.recorded")
    def current(self) -> Record | None:
        """The release recorded as running; None when none is. Unknown where its record is damaged."""
        return self.recorded.usable

    @asked("release.recorded")
    def baseline(self) -> Baseline | None:
        """The state before that release; None when none was kept."""
        return self.recorded.baseline if self.current else None
