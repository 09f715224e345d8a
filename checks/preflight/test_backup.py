"""Where backups go."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from testinfra.host import Host

from deploy.target import Target


@pytest.mark.check(
    "backup.destination",
    reason="L7: a backup that could not be written is found out on the day it is needed.",
    fix="Make the folder on the target, give it to the login, mode 0700.",
)
def test_backup_destination(target: Target, host: Host, expect: Callable[..., None]) -> None:
    """The backup folder exists and the login may write there."""
    if target.backup is None:
        pytest.skip("the target file names no backup folder")
    name = target.backup.folder
    state = host.run("test -d %s && test -w %s && test -x %s", name, name, name)
    expect(
        state.rc == 0,
        found=f"{name}: {'writable' if state.rc == 0 else 'no folder to write to'}",
        expected="a folder that the login may write to",
    )
