"""Reading a backup: its documents cut anywhere, its files compared as they pass, what a server refuses."""

from __future__ import annotations

import hashlib
import io
import random
import threading
import time
from pathlib import Path, PurePosixPath

import bson
import pytest
from bson.raw_bson import RawBSONDocument
from pymongo.errors import AutoReconnect, BulkWriteError, DocumentTooLarge, OperationFailure

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup.backup_store import Backup
from gonogo.deploy.mongodb.backup.manifest import Sum
from gonogo.deploy.mongodb.backup.reading import BackupDamaged, Checked, Files, Passing
from gonogo.deploy.mongodb.fingerprint.read_ahead import Closed
from gonogo.deploy.mongodb.restore import loader, server_error
from gonogo.deploy.release import records
from gonogo.deploy.ssh.connection import Connection
from tests.unit import backup_stores
from tests.unit.tables import every


class Cut:
    """A file that gives a few bytes at a time, whatever it is asked for."""

    def __init__(self, data: bytes, seed: int) -> None:
        self._file, self._chance = io.BytesIO(data), random.Random(seed)

    def read(self, size: int = -1) -> bytes:
        return self._file.read(self._chance.randrange(1, 60))


DOCUMENTS = [bson.encode({"_id": n, "x": "y" * (n % 50)}) for n in range(300)]
ALL = b"".join(DOCUMENTS)


@every("seed", range(10))
def test_documents_come_whole_wherever_the_file_is_cut(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader, "BATCH_DOCUMENTS", 7)
    batches = list(loader.documents_of(Cut(ALL, seed), "a.bson"))
    assert [one for batch in batches for one in batch] == DOCUMENTS
    assert max(map(len, batches)) == 7


def test_batches_are_bounded_by_their_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader, "BATCH_BYTES", 100)
    batches = list(loader.documents_of(io.BytesIO(ALL), "a.bson"))
    assert max(sum(map(len, batch)) for batch in batches) < 100 + 70


def test_a_file_without_documents() -> None:
    assert list(loader.documents_of(io.BytesIO(b""), "a.bson")) == []


@every(
    "data, why",
    [
        (ALL[:-1], "a.bson ends in the middle of a document, which begins at byte"),
        (ALL[:-1][: len(DOCUMENTS[0]) + 3], f"begins at byte {len(DOCUMENTS[0])}"),
        (b"\4\0\0\0" + ALL, "damaged at byte 0: a document of 4 bytes"),
        (DOCUMENTS[0] + b"\0\0\0\0", f"damaged at byte {len(DOCUMENTS[0])}: a document of 0 bytes"),
        (DOCUMENTS[0] + b"\xff\xff\xff\xff" + ALL, "a document of -1 bytes"),
        (b"\xff\xff\xff\x7f" + ALL, "a document of 2147483647 bytes"),
    ],
)
@every("seed", [1, 2])
def test_what_is_no_document_is_named_by_its_place(data: bytes, why: str, seed: int) -> None:
    with pytest.raises(BackupDamaged, match=why):
        list(loader.documents_of(Cut(data, seed), "a.bson"))


def checked(data: bytes, wanted: bytes) -> Checked:
    told = Sum(size=len(wanted), sha256=hashlib.sha256(wanted).hexdigest())
    return Checked(io.BytesIO(data), told, "the backup x: a.bson", lambda error: error)


def test_a_file_is_read_to_its_end_to_be_compared() -> None:
    file = checked(b"abc", b"abc")
    assert file.read(1) == b"a"
    file.end()


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"abd", r"SHA-256"), (b"ab", "2 bytes, and 3 in its manifest"), (b"abcd", "4 bytes, and 3")],
)
def test_another_file_is_named(data: bytes, why: str) -> None:
    with pytest.raises(BackupDamaged, match=rf"the backup x: a\.bson .*{why}"):
        checked(data, b"abc").end()


def backup(tmp_path: Path, data: bytes = b"data") -> Backup:
    given = backup_stores.target(tmp_path)
    folder = backup_stores.put(given, 0, data)
    manifest = backup_stores.manifest(given, records.now(), {"dump/shop/a.bson": data})
    return Backup(folder.name, PurePosixPath(folder), manifest)


@pytest.fixture
def connection(tmp_path: Path) -> Connection:
    return Connection.open(backup_stores.target(tmp_path))


def test_files_come_from_the_target(connection: Connection, tmp_path: Path) -> None:
    data = bytes(range(256)) * 5000
    with connection, Files(connection, backup(tmp_path, data), ".bson") as files:
        assert [(path, file.read()) for path, file in files] == [("dump/shop/a.bson", data)]


def test_whoever_gives_up_early_waits_for_nothing(connection: Connection, tmp_path: Path) -> None:
    made, begun = backup(tmp_path, bytes(20_000_000)), time.monotonic()
    with connection, pytest.raises(KeyError), Files(connection, made, ".bson") as files:
        for _, file in files:
            assert file.read(10) == bytes(10)
            raise KeyError
    assert time.monotonic() - begun < 10
    assert not [one for one in threading.enumerate() if one.name == "gonogo-backup"]


def test_a_file_that_is_gone_is_named(connection: Connection, tmp_path: Path) -> None:
    made = backup(tmp_path)
    (Path(made.folder) / "dump/shop/a.bson").unlink()
    with (
        connection,
        Files(connection, made, ".bson") as files,
        pytest.raises(BackupDamaged, match=r"lacks .*a\.bson"),
    ):
        list(files)


def test_a_dump_that_is_gone_is_said_so(connection: Connection, tmp_path: Path) -> None:
    made = Backup("x", PurePosixPath("/nowhere"), backup(tmp_path).manifest)
    why = r"the backup x cannot be read: .*nowhere"
    with connection, Files(connection, made, ".bson") as files, pytest.raises(BackupDamaged, match=why):
        list(files)


def test_what_nobody_reads_any_more_is_not_waited_for() -> None:
    passing = Passing()
    passing.close()
    with pytest.raises(Closed):
        passing.put(b"x")
    passing.end()


def test_the_end_stays_the_end() -> None:
    passing = Passing()
    passing.put(b"x")
    passing.end()
    assert [passing.read(9), passing.read(9), passing.read(9)] == [b"x", b"", b""]


def refused(*rows: dict[str, object]) -> BulkWriteError:
    return BulkWriteError({"writeErrors": list(rows)})


TWICE = RawBSONDocument(bson.encode({"a": "s3cret", "_id": "one"}))


@every(
    "error, damaged, told",
    [
        (AutoReconnect("x"), False, "a: the server was lost (AutoReconnect)"),
        (OperationFailure("s3cret", 13, {"code": 13}), False, "a: the login may not write it"),
        (
            OperationFailure("s3cret", 14031, {"code": 14031, "codeName": "OutOfDiskSpace"}),
            False,
            "OutOfDiskSpace",
        ),
        (
            OperationFailure("s3cret", 67, {"code": 67, "codeName": "CannotCreateIndex"}),
            True,
            "CannotCreateIndex",
        ),
        (
            OperationFailure("s3cret", 11000, {"code": 11000}),
            True,
            "a unique index finds the same values twice",
        ),
        (refused({"code": 11000, "op": TWICE, "errmsg": "s3cret"}), True, 'the _id "one" is there twice'),
        (refused({"code": 22, "op": TWICE}), True, "the server says InvalidBSON"),
        (refused({"code": 4711}), True, "the server says code 4711"),
        (BulkWriteError({"writeErrors": []}), True, "the server says code 65"),
        (DocumentTooLarge("s3cret"), True, "a document there is no BSON"),
        (bson.errors.InvalidBSON("s3cret"), True, "a document there is no BSON"),
    ],
)
def test_what_a_server_refuses_in_words_without_values(error: Exception, damaged: bool, told: str) -> None:
    with pytest.raises(GonogoError) as raised, server_error.told("a"):
        raise error
    assert isinstance(raised.value, BackupDamaged) is damaged
    assert told in str(raised.value) and "s3cret" not in str(raised.value)
