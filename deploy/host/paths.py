"""What lies at some paths of a host, asked in one question for all of them."""

from __future__ import annotations

import shlex

from gonogo.deploy.host import foreign
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.binds import Bind, binds
from gonogo.deploy.host.noun import Noun
from gonogo.deploy.host.path_status import Place, places

LISTED = (
    'if [ -e "$name" ]; then inside=$(ls -A -- "$name" 2>/dev/null) || continue; '
    # What a new filesystem brings along is no data.
    "inside=$(printf %s \"$inside\" | grep -vx 'lost+found'); "
    'else case $(LC_ALL=C ls -d -- "$name" 2>&1) in *ermission*) continue;; esac; inside=; fi; '
    '[ "$inside" ] && printf + || printf -; echo "$name"'
)


class Paths(Noun):
    """Some paths of a host. Of one file alone, testinfra's ``host.file`` tells more.

    >>> host.paths("/srv/shop", "/srv/shop/.env").places["/srv/shop/.env"].told
    'a regular file of deploy, mode 0600'
    """

    @asked("path.present")
    def places(self) -> dict[str, Place]:
        """What lies at each of them and what the login may do there; what does not exist is left out."""
        return places(self.connection, self._names)

    @asked("path.present")
    def files(self) -> list[str]:
        """Those that are regular files, told by test(1): this machine may have no stat(1) of GNU's."""
        line = f'for name in {shlex.join(self._names)}; do if test -f "$name"; then echo "$name"; fi; done'
        return self.connection.check(line).text.splitlines()

    @asked("volumes.same_data")
    def empty(self) -> dict[str, bool]:
        """Whether each has nothing in it, or does not exist; without those that the login may not list."""
        found = self.connection.check(f"for name in {shlex.join(self._names)}; do {LISTED}; done")
        return {line[1:]: line.startswith("-") for line in found.text.splitlines()}

    @asked("path.private")
    def foreign(self) -> list[str]:
        """What of these folders, directly in them and on the way there is not the login's alone."""
        lines = "; ".join(foreign.script(name) for name in self._names)
        return self.connection.check(lines).text.splitlines()

    @asked("binds.exist")
    def binds(self) -> dict[str, Bind]:
        """What each of them is for a container that mounts it, and whether it can be written to there."""
        return binds(self.connection, self._names)
