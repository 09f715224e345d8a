"""A backup in mongodump's archive form, restored by mongorestore in a container.

The real tools cannot be had here: a stand-in is put into the image, which reads an archive of its own, so
these tests show how it is called, and what is made of how it ends; not that it reads what mongodump writes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from bson import json_util

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup import backup, backup_store
from gonogo.deploy.mongodb.backup.manifest import ARCHIVE, ENTRIES, FINGERPRINT, MANIFEST
from gonogo.deploy.mongodb.backup.reading import BackupDamaged
from gonogo.deploy.mongodb.restore import proof, restore
from gonogo.deploy.mongodb.server import login
from gonogo.deploy.release.release import Release
from lab.docker import check, run
from tests.mongo.ground import IMAGE, PASSWORD, Ground, started
from tests.mongo.kept import Kept, cut, flipped

HEAD, TAIL = bytes.fromhex("6de29981"), bytes.fromhex("ffffffff")
STANDIN = """#!/usr/bin/env python3
import json, os, re, stat, sys
from bson import json_util
from pymongo import MongoClient
options = dict(one.partition("=")[::2] for one in sys.argv[1:])
config = open(options["--config"]).read()
told = {"argv": sys.argv, "config": config, "mode": stat.S_IMODE(os.stat(options["--config"]).st_mode)}
told["file"] = options["--config"]
open("/tmp/told", "w").write(json.dumps(told))
data = sys.stdin.buffer.read()
if data[:4].hex() != "6de29981" or data[-4:].hex() != "ffffffff":
    print("2026 Failed: stream or file does not appear to be a mongodump archive", file=sys.stderr)
    sys.exit(1)
client = MongoClient(json.loads(config.partition(": ")[2]))
into = options.get("--nsTo", options["--nsInclude"]).removesuffix(".*")
for name, rows in json_util.loads(data[4:-4]).items():
    client[into].create_collection(name)
    if rows:
        client[into][name].insert_many(rows)
"""
ROWS = [{"_id": n, "text": f"message {n}"} for n in range(200)]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with started(tmp_path_factory.mktemp("archive")) as ground:
        ground.install("mongorestore", STANDIN)
        yield ground


@pytest.fixture(scope="module")
def image(ground: Ground) -> Iterator[str]:
    with ground.committed() as tag:
        yield tag


@pytest.fixture(scope="module")
def release(ground: Ground) -> Iterator[Release]:
    with ground.release() as release:
        yield release


@pytest.fixture(scope="module")
def made(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """A backup of ours, its dump made an archive of the stand-in's."""
    with login.opened(release) as client:
        client["shop"].messages.insert_many(ROWS)
    found = backup.make(release)
    folder = Path(found.folder)
    shutil.rmtree(folder / "dump")
    (folder / ARCHIVE).write_bytes(HEAD + json_util.dumps({"messages": ROWS}).encode() + TAIL)
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
    manifest |= {"tool": "mongodump", "form": "archive", "consistent": True}
    manifest["files"] = {name: manifest["files"][name] for name in (FINGERPRINT, ENTRIES)}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    kept = Kept(release, found, tmp_path_factory.mktemp("whole") / "copy")
    kept.summed(ARCHIVE)
    shutil.copytree(folder, kept.copy)
    return kept


@pytest.fixture
def kept(made: Kept) -> Iterator[Kept]:
    yield made
    made.again()


def told(ground: Ground) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(check(["docker", "exec", ground.container, "cat", "/tmp/told"]))
    return found


def test_it_is_proved(kept: Kept, image: str) -> None:
    found = proof.prove(kept.release, kept.found(), image=image)
    assert found.proved, found.differences
    assert (found.documents, found.collections) == (200, 1)


def test_it_is_restored_beside_with_the_password_in_a_file_alone(kept: Kept, ground: Ground) -> None:
    found = restore.restore(kept.release, kept.found(), into="beside")
    assert (found.database, found.documents) == ("beside", 200)
    said = told(ground)
    assert said["argv"][2:] == [
        "--archive",
        "--stopOnError",
        "--nsInclude=shop.*",
        "--nsFrom=shop.*",
        "--nsTo=beside.*",
    ]
    assert quote(PASSWORD, safe="") in said["config"] and said["mode"] == 0o600
    assert run(["docker", "exec", ground.container, "test", "-e", said["file"]]).returncode == 1
    log = "\n".join(f"{one.command} {one.output}" for one in kept.release.connection.transcript.entries)
    assert PASSWORD not in log and quote(PASSWORD, safe="") not in log


def test_it_is_restored_over_the_live_data(kept: Kept) -> None:
    with login.opened(kept.release) as client:
        client["shop"].messages.delete_many({"_id": {"$lt": 100}})
        found = restore.restore(kept.release, kept.found(), replace=True, prove=False)
        assert client["shop"].messages.count_documents({}) == found.documents == 200
    safety = backup_store.find(kept.release.connection, kept.release.target, found.safety)
    assert safety.manifest.documents == 100


@pytest.mark.parametrize("change", [flipped(0), flipped(3000), flipped(-1), cut(0), cut(108), cut(-1)])
def test_one_that_rots_is_not_even_tried(kept: Kept, image: str, change: Any) -> None:
    kept.changed(ARCHIVE, change, summed=False)
    found = proof.prove(kept.release, kept.found(), image=image)
    assert not found.proved and "dump.archive is not what its manifest says" in found.told


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (flipped(0), "does not appear to be a mongodump archive"),
        (cut(108), "does not appear to be a mongodump archive"),
        (cut(0), "does not appear to be a mongodump archive"),
        (cut(-1), "does not appear to be a mongodump archive"),
        (lambda data: data.replace(b'message 7"', b'message 8"'), "messages: 1 document changed: 7"),
        (lambda _: HEAD + b'{"messages": []}' + TAIL, "messages: 200 documents vanished"),
        (lambda _: HEAD + b"{}" + TAIL, "messages: the collection is gone with its 200 documents"),
    ],
)
def test_one_that_was_wrong_before_it_was_summed(kept: Kept, image: str, change: Any, why: str) -> None:
    kept.changed(ARCHIVE, change, summed=True)
    found = proof.prove(kept.release, kept.found(), image=image)
    assert not found.proved and why in found.told
    with login.opened(kept.release) as client, pytest.raises(GonogoError, match=why):
        before = set(client.list_database_names())
        try:
            restore.restore(kept.release, kept.found())
        finally:
            assert set(client.list_database_names()) == before


def test_an_image_without_the_tool_is_said_so(kept: Kept) -> None:
    with pytest.raises(GonogoError, match="the image has no mongorestore, which the backup") as raised:
        proof.prove(kept.release, kept.found(), image=IMAGE)
    assert not isinstance(raised.value, BackupDamaged)
    assert proof.load(kept.release.connection, str(kept.made.folder)) is None
