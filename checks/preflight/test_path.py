"""The folders on the target: the stack's, and those that gonogo writes to."""

from __future__ import annotations

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.host import foreign
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.release import Release
from gonogo.deploy.target.target import Target


@pytest.mark.check(
    "path.present",
    reason="Releases, the env file and relative mounts live there; a missing folder means another server.",
    fix="Make the folder on the target and give it to the login, or correct path in the target file.",
)
def test_path_present(host: Host, target: Target, release: Release, expect: Expect) -> None:
    """The stack's folder exists on the target and the login may write there."""
    place = release.folder.paths.places.get(str(target.path))
    fine = place is not None and place.is_folder and place.writable and place.searchable
    found = place.told if place else "nothing"
    if place and place.is_folder and not fine:
        found += ", not writable for the login"
    expect(fine, found=f"{target.path}: {found}", expected=f"a folder that {host.login.name} may write to")


@pytest.mark.check(
    "path.private",
    reason="A link that another planted in gonogo's folder has it write to a file of their choice.",
    fix="See who made it and why; then remove it, or give it to the login with `chown` and `chmod go-w`.",
    data=True,
)
def test_path_private(host: Host, target: Target, release: Release, expect: Expect) -> None:
    """Gonogo's folder on the target and that of backups are the login's own, closed, and without links."""
    _ = release.folder.path
    login, folders = host.login.name, [str(target.deploy_path)]
    found = host.paths(*folders).foreign
    if target.keeps_backups_apart:
        folders.append(str(target.backup_path))
        found = [*found, *host.backups(folders[-1], target.name).foreign]
    expect(
        not found,
        [foreign.worded(path, login) for path in found],
        found=f"{' and '.join(folders)}: {login}'s alone",
        expected="folders that nobody else can write to",
    )
