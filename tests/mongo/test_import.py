"""A dump that was made elsewhere becomes a backup: proved, and restored with its users.

mongodump and mongorestore are stand-ins, see ``database_tools``; the directories are those of our own writer,
which has mongodump's layout.
"""

from __future__ import annotations

import gzip
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup import backup, backup_store, dump
from gonogo.deploy.mongodb.restore import imported, proof, restore
from gonogo.deploy.mongodb.server import database_tools, login
from gonogo.deploy.release.release import Release
from tests.mongo import ground, kept
from tests.mongo.database_tools import MONGODUMP, MONGORESTORE
from tests.mongo.ground import Ground


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with ground.started(tmp_path_factory.mktemp("ground")) as found:
        with found.release() as release, login.opened(release) as client:
            kept.fill(client)
            client.shop.command("createUser", "alice", pwd="x", roles=["read"])
        yield found


@pytest.fixture(scope="module")
def elsewhere(made: Ground, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that mongodump would have written, of the database shop, with its users."""
    folder = tmp_path_factory.mktemp("elsewhere")
    with made.release() as release:
        found = backup.make(release, users=True)
        shutil.copytree(found.folder / "dump", folder / "dump")
        backup_store.remove(release.connection, release.target, found)
    return folder / "dump"


def brought(release: Release, path: Path, image: str = "") -> None:
    """Import, prove and restore; what is there then is what was dumped."""
    found = imported.bring_in(release, path)
    assert (found.manifest.tool, found.manifest.imported, found.manifest.users) == ("mongodump", True, True)
    assert backup_store.find(release.connection, release.target, found.name) == found
    proved = proof.prove(release, found, image=image)
    assert proved.proved, proved.differences
    assert proved.documents == found.manifest.documents > kept.MESSAGES
    with login.opened(release) as client:
        before = kept.hashes(client)
        client.shop.command("dropUser", "alice")
        restore.restore(release, found, into="beside", users=True)
        assert kept.hashes(client, "beside") == before
        assert client.shop.command("usersInfo", "alice")["users"]
        client.drop_database("beside")


def test_a_directory(release: Release, elsewhere: Path) -> None:
    brought(release, elsewhere)


def test_a_directory_that_is_compressed_and_of_another_name(
    release: Release, elsewhere: Path, tmp_path: Path
) -> None:
    shutil.copytree(elsewhere / "shop", tmp_path / "other")
    for path in (tmp_path / "other").iterdir():
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    found = imported.bring_in(release, tmp_path)
    assert proof.prove(release, found).proved


def test_one_that_is_damaged_is_not_proved(release: Release, elsewhere: Path, tmp_path: Path) -> None:
    shutil.copytree(elsewhere, tmp_path / "dump")
    file = tmp_path / "dump" / "shop" / "messages.bson"
    file.write_bytes(file.read_bytes()[:-5])
    with pytest.raises(GonogoError, match=r"messages\.bson ends in the middle of a document"):
        imported.bring_in(release, tmp_path / "dump")
    file.unlink()
    whole = gzip.compress((elsewhere / "shop" / "messages.bson").read_bytes())
    file.with_name("messages.bson.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(GonogoError, match="dump cannot be read: Compressed file ended"):
        imported.bring_in(release, tmp_path / "dump")
    assert list(Path(release.target.backup_path).iterdir()) == []


def test_what_is_no_dump_is_said_so(release: Release, tmp_path: Path) -> None:
    with pytest.raises(GonogoError, match="holds no dump of shop: give the folder that mongodump wrote"):
        imported.bring_in(release, tmp_path)
    with pytest.raises(GonogoError, match="cannot be read: No such file"):
        imported.bring_in(release, tmp_path / "nothing")
    (tmp_path / "text").write_text("no archive")
    with pytest.raises(GonogoError, match="is no archive of mongodump's"):
        imported.bring_in(release, tmp_path / "text")
    assert list(Path(release.target.backup_path).iterdir()) == []


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "compressed"])
def test_an_archive(made: Ground, tmp_path: Path, packed: bool) -> None:
    for name, text in (("mongodump", MONGODUMP), ("mongorestore", MONGORESTORE)):
        made.install(name, text)
    with made.committed() as image:
        given = {"folder": str(tmp_path / "backups"), "proof_image": image}
        with made.release(backup=given) as release:
            assert release.target.mongodb is not None
            config = dump.config(login.way(release, release.target.mongodb).login)
            inner = database_tools.called("mongodump", ["--db=shop", "--archive", "--dumpDbUsersAndRoles"])
            words = ["docker", "exec", "-i", made.container, "sh", "-c", inner]
            data = subprocess.run(words, input=config, capture_output=True, check=True).stdout
            file = tmp_path / "shop.archive"
            file.write_bytes(gzip.compress(data) if packed else data)
            brought(release, file, image)
