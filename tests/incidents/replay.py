"""What every replay proves: the right check fails, a deployment stops there, and nothing was touched."""

from __future__ import annotations

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
    failing = chat.failing(*options)
    assert set(failing) == checks
    assert says in " ".join(failing.values())
    before = chat.snapshot()
    done = chat.deploy(*options)
    assert done.returncode == 1, done.stdout + done.stderr
    assert all(check in done.stdout for check in checks)
    assert "nothing was touched" in done.stdout
    assert not difference(before, chat.snapshot())
