"""Whether what would be deployed is what was agreed on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from deploy import release
from deploy.target import Target


@pytest.mark.check(
    "git.branch",
    reason="A release from a branch that was never reviewed is found out in production.",
    fix="Switch to one of these branches, or add this one to git.branches in the target file.",
)
def test_git_branch(target: Target, expect: Callable[..., None]) -> None:
    """The branch that is checked out may be deployed to this target."""
    if not target.git.branches:
        pytest.skip("the target file allows every branch")
    branch = release.git(target.source, "rev-parse", "--abbrev-ref", "HEAD") or "no git repository"
    expect(branch in target.git.branches, found=branch, expected=f"one of {', '.join(target.git.branches)}")


@pytest.mark.check(
    "git.clean",
    reason="What is not committed cannot be built again, so a release of it cannot be repeated.",
    fix="Commit or stash these changes; set git.clean = false in the target file to accept them.",
    severity="warning",
)
def test_git_clean(target: Target, expect: Callable[..., None]) -> None:
    """There are no changes that are not committed."""
    if not release.git(target.source, "rev-parse", "HEAD"):
        expect(False, found=f"{target.source} is in no git repository", expected="a commit to deploy")
    changed = release.git(target.source, "status", "--porcelain", "--", ".").splitlines()
    if changed and not target.git.clean:
        pytest.skip("the target file accepts changes that are not committed")
    names = ", ".join(line.split(maxsplit=1)[-1] for line in changed[:5])
    more = f" and {len(changed) - 5} more" if len(changed) > 5 else ""
    expect(not changed, found=f"changed: {names}{more}" if changed else "no change", expected="no change")
