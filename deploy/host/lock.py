"""The lock that lies in a folder of a host; see ``deploy/release/lock.py`` for taking it."""

from __future__ import annotations

from pathlib import PurePosixPath

from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.noun import Noun
from gonogo.deploy.release import lock


class Lock(Noun):
    """The lock of deployments, in a folder of a host.

    >>> host.lock("/srv/shop/.deploy").held.told
    'ada on laptop (pid 7) deploys v9 there since 2026-03-02T09:30:00+00:00'
    """

    @asked("lock.free")
    def held(self) -> lock.Held | None:
        """Who holds it; None when nobody does. Raises GonogoError when it cannot be asked."""
        (folder,) = self._names
        return lock.look(self.connection, PurePosixPath(folder))
