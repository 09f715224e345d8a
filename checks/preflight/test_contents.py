"""Whether containers have the files that the host has, as far as a new container would find others."""

from __future__ import annotations

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.release.release import Release


@pytest.mark.check(
    "contents.current",
    reason="A mounted file or folder that was moved away stays in the container; the next one gets another.",
    fix="Mount a file that only people edit read-only (`:ro`): its service is replaced when it changes.",
)
def test_contents_current(release: Release, expect: Expect) -> None:
    """No service writes to a folder that was moved away; files that changed lead to a replacement."""
    if not release.model.contents:
        pytest.skip("no service is given a config, a secret, or a path of the host")
    stale, expected = release.contents.stale, "what containers have is what the host has"
    replaced = [f"{one.service} is replaced: {one.why}" for one in stale if one.what == "replaced"]
    expect(True, found="; ".join(replaced) or f"{len(release.model.contents)} as given", expected=expected)
    for one in stale:
        expect(
            one.what != "moved",
            f"{one.service} writes to it: {one.why}",
            expected="the folder that it writes to, also for the container that comes next",
            fix="Move the folder back, or stop the service and bring the data together first.",
        )
        expect(
            one.what != "left",
            f"{one.service} is left as it is, and may have written it itself: {one.why}",
            expected=expected,
            severity="warning",
        )
