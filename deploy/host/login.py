"""The login that commands on a host run as."""

from __future__ import annotations

from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.noun import Noun


class Login(Noun):
    """The login that commands run as.

    >>> host.login.name
    'deploy'
    """

    @asked("ssh.reachable")
    def name(self) -> str:
        """The user's name; raises GonogoError where no command can be run."""
        return self.connection.check("id -un").text.strip()
