"""Whether somebody else deploys to the target at this moment."""

from __future__ import annotations

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.lock import way_out
from gonogo.deploy.release.release import Release
from gonogo.deploy.target import target_file
from gonogo.deploy.target.target import Target


@pytest.mark.check("lock.free", reason="Two deployments at once undo each other's work.")
def test_lock_free(host: Host, target: Target, release: Release, expect: Expect) -> None:
    """Nobody else deploys to the target."""
    held = host.lock(str(target.deploy_path)).held
    ours = held is not None and held.holder is not None and held.holder.version == release.version != ""
    expect(
        held is None or ours,
        found=held.told if held else "no lock",
        expected="no lock but that of this very release",
        fix=way_out(target, held).capitalize() + "."
        if held and not held.dead
        else f"Run `gonogo unlock {target_file.called(target)}`.",
    )
