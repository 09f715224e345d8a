"""Where a folder of a host stands in git; asking changes nothing there, not even git's own index."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace

from gonogo.deploy.errors import CommandTimeout
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.noun import Noun

TIMEOUT_S = 60
REF = "%(refname:short)%(symref)"
PART = "\x1e"
# Variables that git sets for its hooks (githooks(5)) would lead to the repository of the hook.
ENVIRONMENT = "unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_PREFIX; export LC_ALL=C GIT_OPTIONAL_LOCKS=0; "


@dataclass(frozen=True)
class Checkout:
    """Where a folder stands in git. ``commit`` is empty where there is none; ``why`` then says why.

    ``branch`` is empty on a detached HEAD; ``changes`` are files of the folder that are not committed, new
    ones too; ``remotes`` are the branches of remotes that hold the commit, as far as this clone knows;
    ``time`` is that of the commit, in ISO 8601.
    """

    commit: str = ""
    branch: str = ""
    changes: tuple[str, ...] = ()
    remotes: tuple[str, ...] = ()
    time: str = ""
    why: str = ""


class Git(Noun):
    """A folder of a host, as git knows it.

    >>> controller.git("/src/shop").checkout.branch
    'main'
    >>> host.git("/srv/shop/repo").checkout.commit
    'e0cb372e87906276bf795a56c66e08846e722451'
    """

    @asked("git.clean")
    def checkout(self) -> Checkout:
        """Where the folder stands; what git refuses is told in ``why``."""
        (folder,) = self._names
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
            return Checkout(why=str(error))
        if result.exit_status == 127:
            return Checkout(why=f"git was not found on {self.machine}")
        if not result.ok:
            said = (result.error_text.strip() or "it said nothing").splitlines()[-1]
            none = "not a git repository" in said
            return Checkout(why=f"{folder} is in no git repository" if none else f"git in {folder}: {said}")
        return parse(folder, result.text)


def parse(folder: str, text: str) -> Checkout:
    """Return where a folder stands, from the three answers of git, or its status alone without a commit."""
    status, refs, time, *_ = [*text.split(PART), "", ""]
    found = parse_status(status)
    if not found.commit:
        return replace(found, why=f"{folder} is in a git repository without a commit")
    # A symbolic one, such as origin/HEAD, is another's name.
    remotes = tuple(name for name in refs.splitlines() if "refs/remotes/" not in name)
    return replace(found, remotes=remotes, time=time.strip())


def parse_status(text: str) -> Checkout:
    """Return what ``git status --porcelain=v2 --branch -z`` says; its format is that of git-status(1)."""
    headers: dict[str, str] = {}
    changes: list[str] = []
    records = iter(text.split("\0"))
    for record in records:
        kind, _, rest = record.partition(" ")
        if kind == "#":
            name, _, value = rest.partition(" ")
            headers[name] = value
        elif kind == "?":
            changes.append(rest)
        elif kind in ("1", "2", "u"):
            changes.append(rest.split(" ", {"1": 7, "2": 8, "u": 9}[kind])[-1])
            if kind == "2":
                next(records, "")  # the name that the file had before
    commit, branch = headers.get("branch.oid", ""), headers.get("branch.head", "")
    return Checkout(
        "" if commit == "(initial)" else commit,
        "" if branch == "(detached)" else branch,
        tuple(changes),
    )
