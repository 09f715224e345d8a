"""The clone on the target: where it stands, and setting it to the commit of a release."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from gonogo.deploy.connection import Connection
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.commits import some
from gonogo.deploy.host.git import parse_status
from gonogo.deploy.target.sections import OnServer

ASK_TIMEOUT_S = 20
FETCH_TIMEOUT_S = 600.0
PART = "\x1e"
# git must fail rather than ask for a password, which nobody would answer.
_ENVIRONMENT = (
    'export LC_ALL=C GIT_TERMINAL_PROMPT=0 GIT_SSH_COMMAND="${GIT_SSH_COMMAND:-ssh -oBatchMode=yes}"; '
    "unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE; "
)


@dataclass(frozen=True)
class Clone:
    """Where the clone on the target stands. ``problem``: why it is none that can be used; else empty.

    ``changes``: files that are not committed, new ones too; ``kept``: whether a branch or a tag holds its
    commit; ``has``: whether it has the commit that would be deployed; ``remote``: why its remote cannot be
    reached, empty where it can.
    """

    problem: str = ""
    commit: str = ""
    changes: tuple[str, ...] = ()
    kept: bool = True
    has: bool = False
    remote: str = ""

    def fault(self, commit: str, pushed: bool) -> str:
        """Return why it cannot be set to ``commit``; empty when it can. ``pushed``: a remote has that."""
        if self.problem:
            return self.problem
        if self.changes:
            return f"has changes that are not committed: {some(self.changes)}"
        if not self.kept:
            return f"stands at {self.commit[:8]}, which no branch and no tag holds, so it would be lost"
        if not self.has and self.remote:
            return f"cannot reach its remote: {self.remote}"
        if not self.has and not pushed:
            return f"has no commit {commit[:8]}, and no branch of a remote holds it"
        return ""


def look(connection: Connection, section: OnServer, commit: str) -> Clone:
    """Return where the clone on the target stands; nothing is changed there. The remote is asked too."""
    folder, remote = shlex.quote(section.checkout), shlex.quote(section.remote)
    refs = "refs/heads refs/remotes refs/tags"
    result = connection.run(
        f"{_ENVIRONMENT} export GIT_OPTIONAL_LOCKS=0; cd {folder} 2>&1 || exit 3; "
        "git status --porcelain=v2 --branch -z 2>&1 || exit 4; "
        f"printf '{_octal(PART)}'; git for-each-ref --count=1 --contains HEAD {refs}; "
        f"printf '{_octal(PART)}'; git cat-file -e {commit}^{{commit}} 2>/dev/null && echo yes; "
        f"printf '{_octal(PART)}'; "
        f'timeout {ASK_TIMEOUT_S} git ls-remote -q --heads -- {remote} 2>&1 >/dev/null || echo "status $?"',
        timeout=3 * ASK_TIMEOUT_S,
    )
    return parse(section, result.exit_status, result.text)


def parse(section: OnServer, status: int, text: str) -> Clone:
    """Return what the question of ``look`` was answered."""
    if status or text.count(PART) < 3:
        last = (text.strip() or "git is not there").splitlines()[-1]
        return Clone(problem=f"there is no clone at {section.checkout}: {last}")
    found, holding, has, remote = text.split(PART)[:4]
    state = parse_status(found)
    if not state.commit:
        return Clone(problem=f"the clone at {section.checkout} has no commit")
    lines = remote.strip().splitlines()
    failed = bool(lines) and lines[-1].startswith("status ")
    said = next(
        (line for line in reversed(lines[:-1]) if line.strip()), f"no answer within {ASK_TIMEOUT_S} s"
    )
    return Clone(
        commit=state.commit,
        changes=state.changes,
        kept=bool(state.branch) or bool(holding.strip()),
        has=has.strip() == "yes",
        remote=said if failed else "",
    )


def set_to(connection: Connection, section: OnServer, commit: str) -> str:
    """Fetch what is missing and set the clone to a commit; return the branch or the commit it stood at.

    Nothing that is not committed is touched, or put away: it makes this fail, and so does a file that is
    there and would be overwritten. Raises GonogoError.
    """
    folder, remote = shlex.quote(section.checkout), shlex.quote(section.remote)
    there = f"git cat-file -e {commit}^{{commit}} 2>/dev/null"
    result = connection.run(
        f"{_ENVIRONMENT} cd {folder} || exit 1; "
        f"{there} || git fetch -q -- {remote} || exit 1; "
        f'{there} || {{ echo "{section.remote} has no commit {commit[:8]}: push it" >&2; exit 1; }}; '
        "changed=$(git status --porcelain) || exit 1; "
        '[ -z "$changed" ] || { echo "it has changes that are not committed:" $changed >&2; exit 1; }; '
        "git symbolic-ref -q --short HEAD || git rev-parse HEAD || exit 1; "
        f"git checkout -q --detach {commit} || exit 1",
        timeout=FETCH_TIMEOUT_S,
        mutates=True,
    )
    if not result.ok:
        last = (result.error_text.strip() or "it said nothing").splitlines()[-1]
        raise GonogoError(f"{connection.host}: {section.checkout} was not set to {commit[:8]}: {last}")
    return result.text.strip()


def set_back(connection: Connection, section: OnServer, before: str) -> None:
    """Set the clone back to where it stood; raises GonogoError."""
    folder = shlex.quote(section.checkout)
    connection.check(f"cd {folder} && git checkout -q {shlex.quote(before)}", mutates=True)


def _octal(character: str) -> str:
    return f"\\{ord(character):03o}"
