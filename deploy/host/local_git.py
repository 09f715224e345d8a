"""git, asked of a folder of this machine; asking changes nothing there, not even git's own index."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from gonogo.deploy.errors import GonogoError, explained
from gonogo.deploy.host.own_variables import own_variables

TIMEOUT_S = 60
_NO_COMMIT = re.compile("git was not found|unknown revision|Needed a single revision|any commits yet")
ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
"""Variables that git sets for its hooks (githooks(5)); they would lead to the repository of the hook."""


def run(source: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Return what git answers in a folder, whatever its exit status; raises GonogoError without an answer."""
    kept = {name: value for name, value in own_variables().items() if name not in ELSEWHERE}
    # Without its optional locks git changes nothing, not even its own index.
    environment = {**kept, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
    argv = ["git", "-C", str(source), *arguments]
    try:
        return subprocess.run(
            argv,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
            check=False,
            env=environment,
        )
    except FileNotFoundError:
        raise GonogoError("git was not found on this machine") from None
    except OSError as error:
        raise GonogoError(f"git cannot be run on this machine: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise GonogoError(f"git {arguments[0]} in {source} did not end within {TIMEOUT_S} s") from None


def asked(source: Path, *arguments: str) -> str:
    """Return what git prints; raises GonogoError with the line that says why when it fails."""
    done = run(source, *arguments)
    if done.returncode != 0:
        why = explained(done.stderr.decode("utf-8", "replace"))
        raise GonogoError(f"git {arguments[0]} in {source}: {why}")
    return done.stdout.decode("utf-8", "replace")


def head(source: Path) -> str:
    """Return the short commit that is checked out; empty without git, without a repository or a commit.

    Raises GonogoError where there is a repository that git cannot read, as one of another user.
    """
    try:
        return asked(source, "rev-parse", "--short=8", "HEAD").strip()
    except GonogoError as error:
        there = any(os.path.lexists(folder / ".git") for folder in (source, *source.parents))
        if not there or _NO_COMMIT.search(str(error)):
            return ""
        raise GonogoError(f"the version cannot be told: {error}") from None


def known(source: Path, *arguments: str) -> str:
    """Return what git prints, stripped; empty when it fails or is not there."""
    try:
        return asked(source, *arguments).strip()
    except GonogoError:
        return ""
