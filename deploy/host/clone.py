"""A clone on a host: whether it can be set to a commit without losing anything."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from gonogo.deploy.errors import explained
from gonogo.deploy.host.commits import some
from gonogo.deploy.host.git_status import parse_status
from gonogo.deploy.ssh.connection import Connection

ASK_TIMEOUT_S = 20
PART = "\x1e"
# git must fail rather than ask for a password, which nobody would answer.
ENVIRONMENT = (
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


def look(connection: Connection, place: str, source: str, commit: str) -> Clone:
    """Return where the clone at ``place`` stands; nothing is changed there. Its remote is asked too."""
    folder, remote = shlex.quote(place), shlex.quote(source)
    refs = "refs/heads refs/remotes refs/tags"
    result = connection.run(
        f"{ENVIRONMENT} export GIT_OPTIONAL_LOCKS=0; cd {folder} 2>&1 || exit 3; "
        "git status --porcelain=v2 --branch -z 2>&1 || exit 4; "
        f"printf '{_octal(PART)}'; git for-each-ref --count=1 --contains HEAD {refs}; "
        f"printf '{_octal(PART)}'; git cat-file -e {shlex.quote(commit)}^{{commit}} 2>/dev/null && echo yes; "
        f"printf '{_octal(PART)}'; "
        f'timeout {ASK_TIMEOUT_S} git ls-remote -q --heads -- {remote} 2>&1 >/dev/null || echo "status $?"',
        timeout=3 * ASK_TIMEOUT_S,
    )
    return parse(place, result.exit_status, result.text)


def parse(place: str, status: int, text: str) -> Clone:
    """Return what the question of ``look`` was answered."""
    if status or text.count(PART) < 3:
        why = explained(text, "git is not there")
        unread = re.search("dubious ownership|ermission denied", why)
        return Clone(problem=f"{'git cannot read the' if unread else 'there is no'} clone at {place}: {why}")
    found, holding, has, remote = text.split(PART)[:4]
    state = parse_status(found)
    if not state.commit:
        return Clone(problem=f"the clone at {place} has no commit")
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


def _octal(character: str) -> str:
    return f"\\{ord(character):03o}"
