"""A backup by mongodump in the database's container, and by ours of a replica set.

The real mongodump cannot be had here: a stand-in is put into the running container, which notes how it was
called and writes what begins and ends as an archive does. So these tests show how it is called, and what is
made of how it ends; not that its archive is good.
"""

from __future__ import annotations

import json
import stat
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup import backup, backup_store, dump, manifest
from gonogo.deploy.mongodb.fingerprint import fingerprint
from gonogo.deploy.mongodb.server import login, stall
from gonogo.deploy.release.release import Release
from lab.docker import check, run
from tests.lab.secrecy import watched_arguments
from tests.mongo import ground
from tests.mongo.ground import PASSWORD, USER, Ground

STANDIN = """#!/usr/bin/env python3
import json, os, pathlib, sys, time
if "--version" in sys.argv:
    sys.exit(0)
config = sys.argv[1].partition("=")[2]
told = {"argv": sys.argv, "config": open(config).read(), "file": config, "mode": os.stat(config).st_mode}
lines = pathlib.Path("/proc").glob("[0-9]*/cmdline")
told["seen"] = [one.read_bytes().decode("utf-8", "replace") for one in lines]
pathlib.Path("/tmp/told").write_text(json.dumps(told))
plan = pathlib.Path("/tmp/plan").read_text() if os.path.exists("/tmp/plan") else ""
if plan == "hang":
    sys.stdout.buffer.write(bytes.fromhex("6de29981"))
    sys.stdout.flush()
    time.sleep(60)
if plan == "fail":
    at = "2026-01-02T03:04:05.678+0000\t"
    print(at + "Failed: can't create session: wrong " + told["config"], file=sys.stderr)
    print(at + "0 document(s) dumped", file=sys.stderr)
    sys.exit(1)
if plan == "old fail":
    print("2026 Failed: can't create session: wrong " + told["config"], file=sys.stderr)
    sys.exit(1)
out = sys.stdout.buffer
out.write(bytes.fromhex("6de29981") + b"x" * 3_000_000)
out.flush()
time.sleep(0.3)
out.write(b"" if plan == "cut" else bytes.fromhex("ffffffff"))
"""


SECRET = quote(PASSWORD, safe="").encode()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with ground.started(tmp_path_factory.mktemp("ground")) as found:
        inside(found, "cat > /usr/local/bin/mongodump; chmod 755 /usr/local/bin/mongodump", STANDIN)
        with found.release() as release, login.opened(release) as client:
            client["shop"].things.insert_many([{"i": i} for i in range(100)])
        yield found


def inside(made: Ground, script: str, given: str = "") -> str:
    return check(["docker", "exec", "-i", made.container, "sh", "-c", script], stdin=given.encode())


def test_it_writes_straight_into_the_backup(made: Ground, release: Release) -> None:
    assert release.host.mongodb(release).dump_tool == "container"
    inside(made, "rm -f /tmp/plan")
    found = backup.make(release, users=True)
    said = found.manifest
    assert (said.tool, said.form, said.documents, said.users) == ("mongodump", "archive", 100, True)
    assert (said.consistent, said.consistency) == (True, manifest.UNCHANGED)
    assert sorted(said.files) == sorted([manifest.ARCHIVE, manifest.ENTRIES, manifest.FINGERPRINT])
    assert said.files[manifest.ARCHIVE].size == 3_000_008
    folder = Path(found.folder)
    assert {path.name for path in folder.iterdir()} == {*said.files, manifest.MANIFEST}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert fingerprint.load(folder).collections["things"].count == 100
    assert backup_store.listed(release.connection, release.target) == [found]


def test_the_password_is_in_the_configuration_alone(made: Ground, release: Release) -> None:
    inside(made, "rm -f /tmp/plan")
    with watched_arguments(pause_s=0) as seen:
        backup.make(release, users=True)
    told = json.loads(inside(made, "cat /tmp/told"))
    assert told["argv"][2:] == ["--db=shop", "--archive", "--dumpDbUsersAndRoles"]
    assert f"{USER}:{quote(PASSWORD, safe='')}@127.0.0.1" in told["config"]
    assert stat.S_IMODE(told["mode"]) == 0o600
    everywhere = "\n".join([*told["seen"], *seen])
    assert "mongodump" in everywhere
    assert PASSWORD not in everywhere
    assert quote(PASSWORD, safe="") not in everywhere
    assert run(["docker", "exec", made.container, "test", "-e", told["file"]]).returncode == 1
    log = "\n".join(f"{one.command} {one.output}" for one in release.connection.transcript.entries)
    assert PASSWORD not in log
    assert quote(PASSWORD, safe="") not in log


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ("fail", "failed: can't create session: wrong uri"),
        ("old fail", "failed: can't create session: wrong uri"),
        ("cut", "failed: what it wrote is no whole archive"),
    ],
)
def test_its_failure_is_ours_and_leaves_nothing(made: Ground, release: Release, plan: str, said: str) -> None:
    inside(made, f"printf '{plan}' > /tmp/plan")
    with pytest.raises(GonogoError, match=f"mongodump in {made.container} {said}") as raised:
        backup.make(release)
    assert quote(PASSWORD, safe="") not in str(raised.value)
    assert list(Path(release.target.backup_path).iterdir()) == []


def test_one_that_hangs_is_ended(made: Ground, release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    inside(made, "printf hang > /tmp/plan")
    monkeypatch.setattr(stall, "STALLED_S", 1.0)
    monkeypatch.setattr(stall, "LOOK_S", 0.2)
    with pytest.raises(GonogoError, match=f"mongodump in {made.container} did nothing for 1 s and was ended"):
        backup.make(release)
    assert list(Path(release.target.backup_path).iterdir()) == []


def test_a_container_that_is_killed_keeps_no_password(made: Ground, release: Release) -> None:
    inside(made, "printf hang > /tmp/plan; rm -f /tmp/told")
    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(backup.make, release)
        while run(["docker", "exec", made.container, "test", "-s", "/tmp/told"]).returncode:
            time.sleep(0.1)
        inside(made, "rm /tmp/told")  # in which the stand-in noted it
        places = "/tmp /run /dev/shm /var/tmp /root /home"
        for action in ("kill", "start"):
            check(["docker", action, made.container])
        with pytest.raises(GonogoError):
            under_way.result()
    made.ready()
    found = run(["docker", "exec", "-i", made.container, "sh", "-c", f"grep -rlFf - {places}"], stdin=SECRET)
    assert (found.returncode, found.stdout) == (1, b"")


def test_a_replica_set_is_read_in_one_snapshot_by_ours(tmp_path: Path) -> None:
    with (
        ground.started(tmp_path, "mongod", "--replSet", "rs0", auth=False) as made,
        made.release() as release,
    ):
        inside(made, "cat > /usr/local/bin/mongodump; chmod 755 /usr/local/bin/mongodump", STANDIN)
        initiated(release)
        over = threading.Event()
        with login.opened(release) as client:
            db = client["shop"]
            db.create_collection("log", capped=True, size=4096)
            db.a.insert_many([{"_id": i, "x": "y" * 20_000} for i in range(2000)])
            db.b.insert_many([{"_id": i} for i in range(2000)])
            settings = release.target.mongodb
            assert settings is not None
            assert not dump.fits(release, settings, client)

            def write() -> None:
                number = 2000
                while not over.is_set():
                    for name in ("a", "b"):
                        db[name].insert_one({"_id": number})
                    number += 1

            writer = threading.Thread(target=write)
            writer.start()
            try:
                time.sleep(0.2)
                found = backup.make(release)
            finally:
                over.set()
                writer.join()
        counts = {name: one.count for name, one in fingerprint.load(Path(found.folder)).collections.items()}
        # Of each pair the first is written before the second, so at one moment they differ by one at most.
        assert counts["a"] - counts["b"] in (0, 1)
        assert counts["b"] > 2000
        assert found.manifest.consistency == manifest.NEARLY
        assert found.manifest.notes == (
            "log is capped, and its MongoDB has no snapshots of such: it is of its own moment",
        )


def initiated(release: Release) -> None:
    """Make the one server a replica set, and wait until it is its primary."""
    from pymongo import MongoClient  # noqa: PLC0415

    database = release.host.mongodb(release).container
    assert database is not None
    with MongoClient(database.addresses[0], directConnection=True) as client:
        member = {"_id": 0, "host": f"{database.addresses[0]}:27017"}
        client.admin.command("replSetInitiate", {"_id": "rs0", "members": [member]})
        deadline = time.monotonic() + 30
        while not client.admin.command("hello")["isWritablePrimary"]:
            assert time.monotonic() < deadline
            time.sleep(0.1)
