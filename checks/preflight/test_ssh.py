"""Whether the target can be reached at all."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from deploy.connection import Connection


@pytest.mark.check(
    "ssh.reachable",
    reason="Everything else is asked over this one connection; without it nothing is known.",
    fix="Log in by hand with the command that the message names, and correct host in the target file.",
)
def test_ssh_reachable(connection: Connection, expect: Callable[..., None]) -> None:
    """The host answers and lets us log in without a question."""
    who = connection.run("id -un")
    expect(who.ok, found=f"logged in as {who.text.strip()}", expected="a login that runs commands")
