"""Whether there is a backup to go back to, a place for the next one, and what makes it."""

from __future__ import annotations

import pytest

from gonogo.checks.plugin.expect import Expect
from gonogo.deploy.errors import Unknown
from gonogo.deploy.release.host import Host
from gonogo.deploy.release.release import Release
from gonogo.deploy.target.target import Target

TINY = 1000
"""Bytes: an archive of a database with anything in it is larger. The one of L7 had 108."""

TOLD = {
    "writable": "writable",
    "closed": "a folder or file that the login may not write to",
    "missing": "nothing",
}


@pytest.mark.check(
    "backup.destination",
    reason="L7: a backup that could not be written is found out on the day it is needed.",
    fix="Make the folder on the target, give it to the login, mode 0700.",
)
def test_backup_destination(host: Host, target: Target, expect: Expect) -> None:
    """The backup folder exists and the login may write there."""
    if target.backup is None:
        pytest.skip("the target file names no backup folder")
    found = host.backups(target.backup.folder).listing
    expect(
        found.state == "writable",
        found=f"{found.folder}: {TOLD[found.state]}",
        expected="a folder that the login may write to",
    )


@pytest.mark.check(
    "backup.recent",
    reason="L7: the one backup there was had 108 bytes; a deployment needs one of the last hours.",
    fix="Run the backup and see that it ends well, then deploy.",
)
def test_backup_recent(host: Host, target: Target, release: Release, expect: Expect) -> None:
    """The newest backup is recent and holds something."""
    nothing = "the target file names no MongoDB or no backup folder"
    if target.backup is None:
        pytest.skip(nothing)
    found = host.backups(target.backup.folder).listing
    if target.mongodb is None:
        pytest.skip(nothing)
    if not host.mongodb(release).exists:
        pytest.skip("no database runs yet, so there is nothing to back up")
    if found.state != "writable" and not found.found:
        raise Unknown("backup.destination", f"{found.folder}: {TOLD[found.state]}")
    limit = target.backup.max_age_h
    newest = found.found[0] if found.found else None
    told = f"{newest.name}, {newest.age / 3600:.1f} h old, {newest.size} bytes" if newest else "no backup"
    expect(
        newest and newest.age <= limit * 3600 and newest.size >= TINY,
        found=f"{told} in {found.folder}",
        expected=f"a backup of the last {limit:g} h, of {TINY} bytes or more",
    )


@pytest.mark.check(
    "backup.tool",
    reason="D1, L7: a dump that cannot be made is known before the deployment, not in the middle of it.",
    fix="Install MongoDB's database tools on the target, or use an image that has them.",
    severity="warning",
)
def test_backup_tool(host: Host, target: Target, release: Release, expect: Expect) -> None:
    """The target has mongodump, in the database's container or beside it."""
    if target.mongodb is None or target.backup is None:
        pytest.skip("the target file names no MongoDB or no backup folder")
    if target.mongodb.uri_variable:
        pytest.skip("the MongoDB is not in the stack: gonogo's own writer backs it up")
    container = host.mongodb(release).container
    if container is None:
        pytest.skip("no database runs yet, so there is nothing to back up")
    tool = host.mongodump(container.name).where
    where = {"container": f"in {container.name}", "host": "on the target"}.get(tool, "")
    nowhere = f"no mongodump in {container.name} or on the target: gonogo's own writer will have to dump"
    expect(
        where,
        found=f"mongodump {where}" if where else nowhere,
        expected="mongodump in the database's container or on the target",
    )
