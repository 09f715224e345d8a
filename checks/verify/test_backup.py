"""Whether this release has a backup to fall back on."""

from __future__ import annotations

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.mongodb.restore import proof
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.verified import Verified
from gonogo.deploy.release.versions import BACK
from gonogo.deploy.target.target import Target


@pytest.mark.check(
    "backup.proved",
    reason="L7: the one backup there was had 108 bytes, and nobody had ever restored one.",
    fix="Run `gonogo backup --verify`, and read what it says of the differences.",
    data=True,
)
def test_backup_proved(host: Host, target: Target, release: Verified, expect: Expect) -> None:
    """The backup taken before this release is there, and was restored into a server of its own."""
    if target.mongodb is None:
        pytest.skip("the target file names no MongoDB")
    if not target.keeps_data:
        pytest.skip("backup.each_deployment is false: deployments take no backup")
    baseline = release.baseline
    if release.baseline_of.startswith(BACK):
        pytest.skip("a way back takes no backup: that of the release which is left is still there")
    if baseline is None or (not baseline.backup and baseline.counts is None):
        pytest.skip("no database ran before this release, or no baseline was taken")
    found = proof.load(host.connection, baseline.backup) if baseline.backup else None
    told = found.told if found else "no proof in its folder" if baseline.backup else "no backup was taken"
    expect(
        found is not None and found.proved,
        found=f"{baseline.backup}: {told}" if baseline.backup else told,
        expected="a backup of this database, restored and found to be the same",
    )
