"""Whether the release that runs can be gone back to, and whether what would be deployed is newer."""

from __future__ import annotations

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.records import NEEDED, RECORD, folder
from gonogo.deploy.release.release import Release
from gonogo.deploy.target.target import Target


@pytest.mark.check(
    "release.recorded",
    reason="The way back leads through the files of the release that runs: without them there is none.",
    fix="Put its folder back from a copy; or remove the link, so that what runs is recorded anew.",
)
def test_release_recorded(host: Host, target: Target, expect: Expect) -> None:
    """The files of the release that runs are there and can be read, or there is no release yet."""
    found = host.releases(str(target.deploy_path)).recorded
    if not found.name:
        pytest.skip("no release is recorded yet")
    wrong = [f"{name} is missing" for name in found.lacking]
    wrong += [f"{name} is damaged" for name in found.damaged]
    there = folder(target, found.name)
    vital = found.lacking or RECORD in found.damaged
    expect(
        not wrong,
        severity=None if vital else "warning",
        found=f"{there}: {', '.join(wrong)}" if wrong else f"{found.name} with all its files",
        expected=f"{', '.join(NEEDED)}, all of them whole",
        fix=f"Put {there} back from a copy; or remove {target.deploy_path}/current, so that what runs is "
        "recorded anew by the next deployment.",
    )


@pytest.mark.check(
    "release.newer",
    reason="A deployment of nothing new, or of an older version, mostly comes from a wrong folder or branch.",
    severity="warning",
)
def test_release_newer(
    host: Host, controller: Host, target: Target, release: Release, expect: Expect
) -> None:
    """What would be deployed does not run already, and is not older than what runs."""
    runs = host.releases(str(target.deploy_path)).current
    if runs is None or release.shipping is None:
        pytest.skip("no release of a known commit runs")
    ships = release.shipping
    if not expect(
        runs.version not in (release.version, release.images_of),
        f"{runs.version} runs already",
        expected="a version that is not on the target yet",
        fix="Give what is deployed another version.",
        severity="error",
    ):
        return
    same = ships.since == ships.until
    differing = bool(controller.git(str(target.source)).checkout.changes) or runs.version.endswith("-dirty")
    if ships.back:
        expect(
            False,
            f"{ships.until[:8]} is older than {ships.since[:8]}, which runs: it lacks {ships.losses}",
            expected="a newer commit than the one that runs",
            fix="Check out the newer commit; deploy only if going back is what you want.",
        )
        return
    found = f"{runs.version} runs, {len(ships.commits)} commits behind"
    if same:
        more = ", with changes that are not committed" if differing else ""
        found = f"{runs.version} runs already and is made of the same commit{more}"
    expect(
        not same or differing,
        found=found,
        expected="something that does not run yet",
        fix="Check out what is to be deployed; deploy it again only for a changed environment.",
    )
