"""Whether what would be deployed is what was agreed on, and what of it is new."""

from __future__ import annotations

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.host.commits import some
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.release import Release
from gonogo.deploy.target.target import Target


@pytest.mark.check(
    "git.branch",
    reason="A release from a branch that was never reviewed is found out in production.",
    fix="Switch to one of these branches, or add this one to git.branches in the target file.",
)
def test_git_branch(controller: Host, target: Target, expect: Expect) -> None:
    """The branch that is checked out may be deployed to this target."""
    if not target.git.branches:
        pytest.skip("the target file allows every branch")
    git = controller.git(str(target.source)).checkout
    found = git.branch or (
        f"no branch but commit {git.commit[:8]} (detached HEAD)" if git.commit else git.why
    )
    expect(
        git.branch in target.git.branches, found=found, expected=f"one of {', '.join(target.git.branches)}"
    )


@pytest.mark.offline
@pytest.mark.check(
    "git.clean",
    reason="What is not committed cannot be built again, so a release of it cannot be repeated.",
    fix="Commit or stash these changes; set git.clean = false in the target file to accept them.",
    severity="warning",
)
def test_git_clean(controller: Host, target: Target, expect: Expect) -> None:
    """There are no changes that are not committed."""
    git = controller.git(str(target.source)).checkout
    if not expect(
        git.commit,
        git.why,
        expected="a commit to deploy",
        fix="See what the message says, or correct `source` in the target file."
        if git.unread
        else "Deploy from a clone, in which git can say what it is that runs.",
        severity="error" if git.unread else None,
    ):
        return
    if git.changes and not target.git.clean:
        pytest.skip("the target file accepts changes that are not committed")
    found = f"changed: {some(git.changes)}" if git.changes else "no change"
    expect(not git.changes, found=found, expected="no change")


@pytest.mark.check(
    "git.pushed",
    reason="A commit that lies on one machine alone is lost with it, and nobody else can deploy it.",
    fix="Push it; if it was pushed from elsewhere, run `git fetch`.",
)
def test_git_pushed(controller: Host, target: Target, expect: Expect) -> None:
    """The commit is on a branch of a remote."""
    if not target.git.pushed:
        pytest.skip("the target file does not ask for it")
    git = controller.git(str(target.source)).checkout
    commit = f"commit {git.commit[:8]} is on"
    found = f"{commit} {some(git.remotes) or 'no branch of a remote that this clone knows'}"
    found = found if git.commit else git.why
    expect(git.remotes, found=found, expected="a branch of a remote that holds the commit")


@pytest.mark.offline(without="the release that runs: what a merge would add to the branch is told instead")
@pytest.mark.check(
    "git.changes",
    reason="What ships is known before it ships: a migration or a new variable is no surprise in the middle.",
    severity="warning",
)
def test_git_changes(host: Host, controller: Host, target: Target, release: Release, expect: Expect) -> None:
    """All that runs is part of what would be deployed; what is new is told."""
    if release.offline:
        if release.shipping is None:
            pytest.skip("this clone knows no branch of origin to compare with")
        expect(True, found=release.shipping.told(target.compose_files), expected="known before it is merged")
        return
    runs = host.releases(str(target.deploy_path)).current
    if runs is None:
        pytest.skip("no release is recorded yet: all of it is new")
    if not runs.commit:
        pytest.skip(f"{runs.version} was made of no commit that is known")
    ships = release.shipping
    if ships is None:
        pytest.skip(controller.git(str(target.source)).checkout.why)
    if not expect(
        ships.known,
        f"{ships.since[:8]}, of which {runs.version} was made, is not in this clone",
        expected="a clone that holds the commit that runs",
        fix="Run `git fetch --unshallow` or `git fetch --all`; find out who deployed that commit.",
    ):
        return
    expect(
        ships.forward or ships.back,  # older: release.newer says it
        found=ships.told(target.compose_files),
        expected=f"a descendant of {ships.since[:8]}, which runs",
        fix=f"Merge {ships.since[:8]} first, unless its changes are to go.",
    )


@pytest.mark.check(
    "git.server",
    reason="L8: what somebody changed on the server and never committed was built in, and lost later.",
    fix="Commit and push there what is to stay, remove what is not; push this commit from here.",
)
def test_git_server(host: Host, controller: Host, target: Target, expect: Expect) -> None:
    """The clone that the target builds from can be set to this very commit without losing anything."""
    if target.method != "on-server" or target.on_server is None:
        pytest.skip("the images are not built on the target")
    git, where = controller.git(str(target.source)).checkout, target.on_server.checkout
    wanted = f"a clone at {where} with nothing to lose, that has commit {git.commit[:8]} or can fetch it"
    found = f"changes here that no clone can have: {some(git.changes)}" if git.commit else git.why
    if not expect(
        git.commit and not git.changes,
        found,
        expected="a commit, and nothing beside it",
        fix="Commit and push it.",
    ):
        return
    clone = host.git(where, target.on_server.remote, git.commit).clone
    fault = clone.fault(git.commit, bool(git.remotes))
    expect(not fault, f"{where}: {fault}", found=f"{where} at {clone.commit[:8]}", expected=wanted)
