"""L7: a backup counts when it was restored and found to be the data; whatever is damaged in it is found."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup.manifest import ENTRIES, FINGERPRINT, MANIFEST
from gonogo.deploy.mongodb.backup.reading import BackupDamaged
from gonogo.deploy.mongodb.restore import proof, throwaway
from gonogo.deploy.mongodb.restore.throwaway import Throwaway
from lab.docker import run
from tests.mongo.kept import DATA, DATABASE, MESSAGES, METADATA, Change, Kept, cut, flipped, replaced
from tests.mongo.proving import refused


def test_a_whole_one_is_proved_in_a_server_of_its_own(everything: Kept) -> None:
    seen: list[int] = []
    found = proof.prove(everything.release, everything.found(), on_bytes=seen.append)
    assert found.proved and not found.differences, found.differences
    assert found.collections == 13 and found.documents == everything.made.manifest.documents > MESSAGES
    assert found.seconds > 0 and found.compared_seconds > 0 and 0 < sum(seen) == found.bytes
    assert proof.load(everything.release.connection, str(everything.made.folder)) == found
    print(f"{found.told}; compared in {found.compared_seconds:.2f} s")
    everything.again()


def test_a_server_that_is_lost_is_not_taken_for_a_bad_backup(
    everything: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str] = []
    original = throwaway.server

    @contextmanager
    def server(*given: Any) -> Iterator[Throwaway]:
        with original(*given) as there:
            names.append(there.name)
            yield there

    monkeypatch.setattr(throwaway, "server", server)

    def kill(_: int) -> None:
        run(["docker", "kill", *names])

    with pytest.raises(GonogoError, match="the server was lost") as raised:
        proof.prove(everything.release, everything.found(), on_bytes=kill)
    assert not isinstance(raised.value, BackupDamaged)
    assert proof.load(everything.release.connection, str(everything.made.folder)) is None


PRELUDE = f"dump/{DATABASE}/prelude.json"
"""Its size is below 108 bytes."""
ROTTEN = [flipped(0), flipped(30), flipped(-1), cut(0), cut(-1)]


@pytest.mark.parametrize(
    ("path", "change"),
    [(path, change) for path in (METADATA, FINGERPRINT, ENTRIES) for change in (*ROTTEN, cut(108))]
    + [(PRELUDE, change) for change in ROTTEN],
)
def test_any_other_file_that_rots(kept: Kept, path: str, change: Change) -> None:
    kept.changed(path, change, summed=False)
    assert path.rpartition("/")[2] in refused(kept).told


@pytest.mark.parametrize(
    ("path", "change", "told"),
    [
        (METADATA, replaced('"by_n"', '"by_m"'), "messages: the index by_"),
        (METADATA, replaced('"unique":true', '"unique":false'), "messages: the index by_n is another one"),
        (METADATA, replaced('"messages"', '"massages"'), "massages.bson"),
        (METADATA, cut(0), "messages.metadata.json is damaged"),
        (METADATA, cut(40), "messages.metadata.json is damaged"),
        (METADATA, flipped(0), "messages.metadata.json is damaged"),
        ("dump/shop/users.metadata.json", replaced('"de"', '"fr"'), "users: its options are others"),
        ("dump/shop/strict.metadata.json", replaced("int", "long"), "strict: its options are others"),
        ("dump/shop/log.metadata.json", replaced('"500"', '"400"'), "log: "),
        ("dump/shop/first.metadata.json", replaced('"10"', '"20"'), "first: its definition is another one"),
        ("dump/shop/first.metadata.json", replaced('"view"', '"collection"'), "first"),
        ("dump/shop/temperatures.metadata.json", replaced('"seconds"', '"minutes"'), "temperatures"),
        ("dump/shop/sessions.metadata.json", replaced("315360000", "315360001"), "sessions: the index at_1"),
    ],
)
def test_metadata_that_was_wrong_before_it_was_summed(
    kept: Kept, path: str, change: Change, told: str
) -> None:
    kept.changed(path, change, summed=True)
    assert told in refused(kept).told


def of_fingerprint(change: Callable[[dict[str, Any]], object]) -> Change:
    def changed(data: bytes) -> bytes:
        found = json.loads(data)
        change(found)
        return json.dumps(found).encode()

    return changed


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (of_fingerprint(lambda f: f["collections"].pop("users")), "users: the collection was not there"),
        (of_fingerprint(lambda f: f["collections"]["messages"].update(count=1)), ""),
        (of_fingerprint(lambda f: f["collections"]["messages"].update(digest="0" * 32)), ""),
        (of_fingerprint(lambda f: f["collections"]["messages"].update(file="../../x")), ""),
        (of_fingerprint(lambda f: f.update(database="other")), "of the database other"),
        (of_fingerprint(lambda f: f.update(entries="0" * 64)), "is damaged"),
        (cut(0), "damaged"),
        (cut(108), "damaged"),
        (flipped(0), "damaged"),
        (cut(-10), "damaged"),
    ],
)
def test_a_fingerprint_that_was_wrong_before_it_was_summed(kept: Kept, change: Change, told: str) -> None:
    kept.changed(FINGERPRINT, change, summed=True)
    assert told in refused(kept).told


@pytest.mark.parametrize(
    "change", [flipped(0), flipped(12), flipped(3000), flipped(-7), cut(0), cut(108), cut(-9)]
)
@pytest.mark.parametrize("agreed", [False, True], ids=["summed", "summed in both"])
def test_entries_that_were_wrong_before_they_were_summed(kept: Kept, change: Change, agreed: bool) -> None:
    kept.changed(ENTRIES, change, summed=True)
    if agreed:
        entries = hashlib.sha256((kept.folder / ENTRIES).read_bytes()).hexdigest()
        kept.changed(FINGERPRINT, of_fingerprint(lambda f: f.update(entries=entries)), summed=True)
    assert "fingerprint" in refused(kept).told


def test_entries_whose_content_was_wrong(kept: Kept) -> None:
    data = bytearray(gzip.decompress((kept.folder / ENTRIES).read_bytes()))
    data[len(data) // 3] ^= 1
    kept.changed(ENTRIES, lambda _: gzip.compress(bytes(data)), summed=True)
    entries = hashlib.sha256((kept.folder / ENTRIES).read_bytes()).hexdigest()
    kept.changed(FINGERPRINT, of_fingerprint(lambda f: f.update(entries=entries)), summed=True)
    assert "its fingerprint is damaged" in refused(kept).told or "vanished" in refused(kept).told


@pytest.mark.parametrize("change", [flipped(0), flipped(-2), flipped(-3), cut(0), cut(108), cut(-3)])
def test_a_manifest_that_is_none_is_no_backup(kept: Kept, change: Change) -> None:
    kept.changed(MANIFEST, change, summed=False)
    with pytest.raises(GonogoError, match="there is no backup"):
        kept.found()


def test_a_manifest_with_another_sum(kept: Kept) -> None:
    digest = kept.made.manifest.files[DATA].sha256
    kept.changed(MANIFEST, replaced(digest, digest[::-1]), summed=False)
    assert "messages.bson is not what its manifest says (SHA-256)" in refused(kept).told


def test_a_manifest_with_another_number_of_documents(kept: Kept) -> None:
    number = kept.made.manifest.documents
    kept.changed(MANIFEST, replaced(f'"documents": {number}', f'"documents": {number - 1}'), summed=False)
    assert f"its manifest says {number - 1} documents, its fingerprint {number}" in refused(kept).told


@pytest.mark.parametrize("summed", [False, True], ids=["rotten", "summed"])
@pytest.mark.parametrize("lost", [[DATA], [METADATA], [FINGERPRINT], [ENTRIES], [DATA, METADATA]])
def test_files_that_are_gone(kept: Kept, lost: list[str], summed: bool) -> None:
    for path in lost:
        (kept.folder / path).unlink()
    if summed:
        kept.summed(*lost)
    told = refused(kept).told
    assert "messages" in told or "fingerprint" in told or "entries" in told


def test_proofs_that_are_none_are_not_taken_for_one(kept: Kept) -> None:
    assert proof.load(kept.release.connection, "/nowhere") is None
    (kept.folder / "proof.json").write_text('{"proved": true}')
    assert proof.load(kept.release.connection, str(kept.folder)) is None
