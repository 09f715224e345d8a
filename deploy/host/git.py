"""Where a folder of a host stands in git; asking changes nothing there, not even git's own index."""

from __future__ import annotations

import shlex
from dataclasses import replace

from gonogo.deploy.errors import CommandTimeout, explained
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.clone import Clone, look
from gonogo.deploy.host.git_status import Checkout, parse_status
from gonogo.deploy.host.noun import Noun

TIMEOUT_S = 60
REF = "%(refname:short)%(symref)"
PART = "\x1e"
# Variables that git sets for its hooks (githooks(5)) would lead to the repository of the hook.
ENVIRONMENT = "unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_PREFIX; export LC_ALL=C GIT_OPTIONAL_LOCKS=0; "


class Git(Noun):
    """A folder of a host, as git knows it. ``clone`` asks about a ``commit``, and the ``remote`` that has it.

    >>> controller.git("/src/shop").checkout.branch
    'main'
    >>> host.git("/srv/shop/repo").checkout.commit
    'e0cb372e87906276bf795a56c66e08846e722451'
    """

    @asked("git.server")
    def clone(self) -> Clone:
        """Whether it can be set to ``commit``, fetched from ``remote`` if need be; nothing is changed."""
        folder, remote, commit = [*self._names, "", ""][:3]
        return look(self.connection, folder, remote, commit)

    @asked("git.clean")
    def checkout(self) -> Checkout:
        """Where the folder stands; what git refuses is told in ``why``."""
        folder = self._names[0]
        git = f"git -C {shlex.quote(folder)}"
        try:
            result = self.connection.run(
                f"{ENVIRONMENT}{git} status --porcelain=v2 --branch -z -- . || exit; "
                f"{git} rev-parse -q --verify HEAD >/dev/null || exit 0; printf '\\036'; "
                f"{git} for-each-ref --contains HEAD '--format={REF}' refs/remotes || exit; "
                f"printf '\\036'; {git} log -1 --format=%cI",
                timeout=TIMEOUT_S,
            )
        except CommandTimeout as error:
            return Checkout(why=str(error), unread=True)
        if result.exit_status == 127:
            return Checkout(why=f"git was not found on {self.machine}")
        if not result.ok:
            said = explained(result.error_text)
            none = "not a git repository" in said
            why = f"{folder} is in no git repository" if none else f"git in {folder}: {said}"
            return Checkout(why=why, unread=not none)
        return parse(folder, result.text)


def parse(folder: str, text: str) -> Checkout:
    """Return where a folder stands, from the three answers of git, or its status alone without a commit."""
    status, refs, time, *_ = [*text.split(PART), "", ""]
    checkout = parse_status(status)
    if not checkout.commit:
        return replace(checkout, why=f"{folder} is in a git repository without a commit")
    # A symbolic one, such as origin/HEAD, is another's name.
    remotes = tuple(name for name in refs.splitlines() if "refs/remotes/" not in name)
    return replace(checkout, remotes=remotes, time=time.strip())
