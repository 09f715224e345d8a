"""Restoring, without a server: names, and the proof that is kept."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup.backup_store import Backup
from gonogo.deploy.mongodb.restore import archive, database_name, proof
from gonogo.deploy.mongodb.restore.proof import Proof
from gonogo.deploy.ssh.connection import Connection
from tests.unit import backup_stores
from tests.unit.tables import every


@every("database", ["shop", "x" * 63, "ä" * 31, "日" * 21])
def test_the_name_of_a_new_database_is_one(database: str) -> None:
    name = database_name.with_time(database)
    assert len(name.encode()) <= 63
    assert name.startswith(database[:5])
    assert not set(name) & set(database_name.REFUSED)


class Server:
    def list_database_names(self) -> list[str]:
        return ["admin", "shop"]


@every("name", ["", "shop", "SHOP", "a/b", "a\\b", "a$", "a\0", "x" * 64, "config", "a*"])
def test_no_name_that_is_taken_or_none(name: str) -> None:
    with pytest.raises(GonogoError, match="--into"):
        database_name.free(Server(), name)  # type: ignore[arg-type]


def test_a_proof_is_kept_beside_its_backup(tmp_path: Path) -> None:
    given = backup_stores.target(tmp_path)
    folder = backup_stores.put(given, 0)
    found = Proof(
        backup="x", at="2026-01-01T00:00:00+00:00", image="sha256:1", seconds=2.5, documents=3, proved=True
    )
    with Connection.open(given) as connection:
        made = Backup(
            folder.name, PurePosixPath(folder), backup_stores.manifest(given, backup_stores.records.now(), {})
        )
        proof.keep(connection, made, found)
        assert proof.load(connection, str(folder)) == found
        (folder / "proof.json").write_text('{"proved": true}')
        assert proof.load(connection, str(folder)) is None
        assert proof.load(connection, "/nowhere") is None
    assert found.told == "3 documents restored in 2.5 s, and found to be the same"
    lost = found.model_copy(update={"proved": False, "differences": ["a", "b", "c", "d"]})
    assert lost.told == "not proved: a; b; c"


def test_mongorestore_is_told_no_password_and_the_other_name() -> None:
    script = archive.command("/srv/a b", "c1", archive.selection("shop", "other"))
    assert "--nsFrom=shop.*" in script and "--nsTo=other.*" in script
    assert "--nsTo" not in " ".join(archive.selection("shop", "shop"))
    assert "--drop" not in script and "uri" not in script
