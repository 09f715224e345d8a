"""Whether what verify is to run is there, before a release is made that it would judge."""

from __future__ import annotations

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.release.host import Host
from gonogo.deploy.target.target import Target


@pytest.mark.offline
@pytest.mark.check(
    "smoke.present",
    reason="A smoke test that is not there proves nothing, and after the switch it is late to find out.",
    fix="Correct files of [smoke] in the target file; they are relative to `source`.",
)
def test_smoke_present(controller: Host, target: Target, expect: Expect) -> None:
    """Every smoke test that the target file names is on this machine."""
    if not target.smoke.files:
        pytest.skip("the target file names no smoke tests")
    wanted = [str(path) for path in target.smoke_files]
    lacking = set(wanted) - set(controller.paths(*wanted).files)
    expect(
        not lacking,
        f"missing: {', '.join(sorted(lacking))}",
        found=", ".join(target.smoke.files),
        expected="the files of the smoke tests",
    )
