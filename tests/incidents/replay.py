"""What every replay proves: the right check fails, a deployment stops there, and nothing was touched.

The deployment runs the checks in a process of their own, as a user does. That a stack is well again is asked
in this process, over the same release and checks.
"""

from __future__ import annotations

import json

from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target_file import load
from tests import harness
from tests.lab.chat import Chat, difference
from tests.lab.prober import answering


def stopped(chat: Chat, checks: set[str], says: str, options: tuple[str, ...] = ()) -> None:
    """Assert that preflight fails with exactly ``checks`` and that a deployment then changes nothing.

    The running stack answers throughout.
    """
    with answering(chat):
        refused(chat, checks, says, options)


def refused(chat: Chat, checks: set[str], says: str, options: tuple[str, ...] = ()) -> None:
    """Assert the same of a stack that does not run."""
    before = chat.snapshot()
    done = chat.deploy(*options)
    assert done.returncode == 1, done.stdout + done.stderr
    failing = found(chat)
    assert set(failing) == checks
    assert says in " ".join(failing.values())
    assert all(check in done.stdout for check in checks)
    assert "nothing was touched" in done.stdout
    assert not difference(before, chat.snapshot())


def found(chat: Chat) -> dict[str, str]:
    """The message of each check that failed in the deployment published last."""
    files = sorted(chat.published.glob("*/*/release.json"), key=lambda file: file.stat().st_mtime)
    rows = json.loads(files[-1].read_text())["checks"]
    failed = {row["id"]: row["message"] for row in rows if row["status"] == "failed"}
    assert failed or not [row["id"] for row in rows if row["status"] == "blocked"]
    return failed


def unready(chat: Chat) -> dict[str, str]:
    """The message of each check of preflight that does not pass now, {} when a deployment could begin."""
    target = load(chat.file)
    with Connection.open(target) as connection:
        results = harness.over(connection, target)
    return {one.id: one.message for one in results.values() if one.status in ("failed", "blocked")}
