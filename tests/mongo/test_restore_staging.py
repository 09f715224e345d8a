"""A restore over the live data that is killed, what the next one makes of it, and the room that it needs."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup import backup, backup_store
from gonogo.deploy.mongodb.backup.manifest import Sum
from gonogo.deploy.mongodb.restore import proof, restore, staging_database
from gonogo.deploy.mongodb.server import login
from lab.state import ROOT
from tests.mongo.ground import Ground, started
from tests.mongo.kept import DATABASE, Kept, keep

KILLED = """
import os, signal, sys
from pathlib import Path
from gonogo.deploy.mongodb.backup import backup_store
from gonogo.deploy.mongodb.restore import restore
from tests.mongo.ground import Ground

with Ground(sys.argv[1], Path(sys.argv[2])).release() as release:
    made = backup_store.find(release.connection, release.target, sys.argv[3])
    killed = lambda size: os.kill(os.getpid(), signal.SIGKILL)
    restore.restore(release, made, replace=True, prove=False, on_bytes=killed)
"""
FOREIGN = "gonogo_staging_0123456789ab_20260101000000"


def test_what_a_killed_restore_left_is_told_and_removed_by_the_next_one(tmp_path: Path) -> None:
    with started(tmp_path) as ground, ground.release() as release, login.opened(release) as client:
        kept = keep(release, tmp_path)
        client[FOREIGN].theirs.insert_one({"_id": 1})
        assert staging_database.notice(release) == ""
        argv = [sys.executable, "-c", KILLED, ground.project, str(ground.folder), kept.made.name]
        done = subprocess.run(argv, cwd=ROOT, capture_output=True, timeout=60, check=False)
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()
        (left,) = staging_database.left(client, release.target, DATABASE)
        before = client[DATABASE].command("dbHash")["collections"]
        said = f"a restore over shop was cut off and left {left}; shop was not touched by it"
        assert staging_database.notice(release).startswith(
            f"{said}; `gonogo restore {release.target.name} BACKUP"
        )
        backup.make(release)
        restore.restore(release, kept.found())
        assert left in client.list_database_names(), "whoever holds no lock removes nothing"

        client[DATABASE].messages.delete_many({"n": {"$gte": 100}})
        found = restore.restore(release, kept.found(), replace=True)
        assert found.swept == f"{said}; removed"
        assert found.told.endswith(found.swept)
        names = {one for one in client.list_database_names() if one.startswith(staging_database.STAGING)}
        assert names == {FOREIGN}
        assert client[FOREIGN].theirs.count_documents({}) == 1
        assert client[DATABASE].command("dbHash")["collections"] == before
        safety = backup_store.find(release.connection, release.target, found.safety)
        proved = proof.load(release.connection, str(safety.folder))
        assert proved and proved.proved and proved.told == found.safe
        assert f"is in the backup {found.safety} ({found.safe})" in found.told
        _without_room(kept)
        _without_proof(ground, kept)


def _without_room(kept: Kept) -> None:
    release, found = kept.release, kept.found()
    files = {"dump/shop/messages.bson": Sum(size=10**16, sha256="0" * 64)}
    huge = replace(found, manifest=found.manifest.model_copy(update={"files": files}))
    there = backup_store.listed(release.connection, release.target)
    for given in ({"replace": True}, {"into": "beside"}):
        with pytest.raises(GonogoError, match=r"has \d.* free, and .* takes up to 11000000.0 GB"):
            restore.restore(release, huge, **given)
    assert backup_store.listed(release.connection, release.target) == there


def _without_proof(ground: Ground, kept: Kept) -> None:
    """A backup that cannot be proved is no way back, so nothing is replaced."""
    given = {"folder": str(kept.release.target.backup_path), "proof_image": "gonogo-lab/none:1"}
    with ground.release(backup=given) as release, login.opened(release) as client:
        before = client[DATABASE].command("dbHash")["collections"]
        with pytest.raises(GonogoError, match=r"nothing was replaced: .* could not be proved: .*--no-proof"):
            restore.restore(release, kept.found(), replace=True)
        assert client[DATABASE].command("dbHash")["collections"] == before
        assert staging_database.left(client, release.target, DATABASE) == []
