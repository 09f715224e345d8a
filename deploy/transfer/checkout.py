"""Setting the clone on the target to the commit of a release."""

from __future__ import annotations

import shlex

from gonogo.deploy.errors import GonogoError, explained
from gonogo.deploy.host.clone import ENVIRONMENT
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.sections.delivery import OnServer

FETCH_TIMEOUT_S = 600.0


def set_to(connection: Connection, section: OnServer, commit: str) -> str:
    """Fetch what is missing and set the clone to a commit; return the branch or the commit it stood at.

    Nothing that is not committed is touched, or put away: it makes this fail, and so does a file that is
    there and would be overwritten. Raises GonogoError.
    """
    folder, remote = shlex.quote(section.checkout), shlex.quote(section.remote)
    there = f"git cat-file -e {shlex.quote(commit)}^{{commit}} 2>/dev/null"
    result = connection.run(
        f"{ENVIRONMENT} cd {folder} || exit 1; "
        f"{there} || git fetch -q -- {remote} || exit 1; "
        f'{there} || {{ echo "{section.remote} has no commit {commit[:8]}: push it" >&2; exit 1; }}; '
        "changed=$(git status --porcelain) || exit 1; "
        '[ -z "$changed" ] || { echo "it has changes that are not committed:" $changed >&2; exit 1; }; '
        "git symbolic-ref -q --short HEAD || git rev-parse HEAD || exit 1; "
        f"git checkout -q --detach {shlex.quote(commit)} || exit 1",
        timeout=FETCH_TIMEOUT_S,
        mutates=True,
    )
    if not result.ok:
        why = explained(result.error_text)
        raise GonogoError(f"{connection.host}: {section.checkout} was not set to {commit[:8]}: {why}")
    return result.text.strip()


def set_back(connection: Connection, section: OnServer, before: str) -> None:
    """Set the clone back to where it stood; raises GonogoError."""
    folder = shlex.quote(section.checkout)
    connection.check(f"cd {folder} && git checkout -q {shlex.quote(before)}", mutates=True)
