"""L7: a backup counts when it was restored and found to be the data; whatever is damaged in it is found."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from deploy.errors import GonogoError
from deploy.mongodb import proof, throwaway
from deploy.mongodb.manifest import ENTRIES, FINGERPRINT, MANIFEST
from deploy.mongodb.proof import Proof
from deploy.mongodb.reading import BackupDamaged
from deploy.mongodb.throwaway import Throwaway
from lab.docker import run
from tests.mongo.ground import started
from tests.mongo.kept import DATA, DATABASE, MESSAGES, METADATA, Kept, cut, flipped, keep, replaced

Change = Callable[[bytes], bytes]

ORIGINAL = throwaway.server


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    place = tmp_path_factory.mktemp("proof")
    with started(place) as ground, ground.facts() as facts:
        yield keep(facts, place)


@pytest.fixture(scope="module")
def shared(everything: Kept) -> Iterator[Throwaway]:
    """One throwaway server for all proofs here: to start one each would be most of the time."""
    assert everything.facts.database
    with ORIGINAL(everything.facts.connection, everything.facts.database.image) as there:
        yield there


@pytest.fixture
def kept(everything: Kept, shared: Throwaway, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    @contextmanager
    def server(*_: Any, **__: Any) -> Iterator[Throwaway]:
        shared.client.drop_database(proof.RESTORED)
        yield shared

    monkeypatch.setattr(throwaway, "server", server)
    yield everything
    everything.again()


def refused(kept: Kept) -> Proof:
    """The proof of what is damaged, which has to be kept beside it too."""
    found = proof.prove(kept.facts, kept.found())
    assert not found.proved and found.differences
    assert proof.load(kept.facts.connection, str(kept.made.folder)) == found
    return found


def test_a_whole_one_is_proved_in_a_server_of_its_own(everything: Kept) -> None:
    seen: list[int] = []
    found = proof.prove(everything.facts, everything.found(), on_bytes=seen.append)
    assert found.proved and not found.differences, found.differences
    assert found.collections == 10 and found.documents == everything.made.manifest.documents > MESSAGES
    assert found.seconds > 0 and found.compared_seconds > 0 and 0 < sum(seen) == found.bytes
    assert proof.load(everything.facts.connection, str(everything.made.folder)) == found
    print(f"{found.told}; compared in {found.compared_seconds:.2f} s")
    everything.again()


def test_a_server_that_is_lost_is_not_taken_for_a_bad_backup(
    everything: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str] = []

    @contextmanager
    def server(*given: Any) -> Iterator[Throwaway]:
        with ORIGINAL(*given) as there:
            names.append(there.name)
            yield there

    monkeypatch.setattr(throwaway, "server", server)

    def kill(_: int) -> None:
        run(["docker", "kill", *names])

    with pytest.raises(GonogoError, match="the server was lost") as raised:
        proof.prove(everything.facts, everything.found(), on_bytes=kill)
    assert not isinstance(raised.value, BackupDamaged)
    assert proof.load(everything.facts.connection, str(everything.made.folder)) is None


HEADER = [0, 1, 2, 3, 4, 5, 7, 8, 9, 13, 14, 15, 20, 40]
"""Length, type, name and value of the first document's elements."""
PLACES = [*HEADER, 110_000, 150_001, 200_003, -1, -2, -3, -5, -40]


@pytest.mark.parametrize(
    ("at", "summed"), [(at, True) for at in PLACES] + [(at, False) for at in (0, 20, 150_001, -1)]
)
def test_a_bit_of_the_documents(kept: Kept, at: int, summed: bool) -> None:
    kept.changed(DATA, flipped(at), summed=summed)
    assert "messages" in refused(kept).told


@pytest.mark.parametrize(
    ("size", "summed"),
    [(size, True) for size in (0, 1, 3, 4, 108, 100_000, -1, -5, -100)]
    + [(0, False), (108, False), (-1, False)],
)
def test_documents_that_are_cut_off(kept: Kept, size: int, summed: bool) -> None:
    kept.changed(DATA, cut(size), summed=summed)
    assert "messages" in refused(kept).told


@pytest.mark.parametrize("data", [b"\0" * 5000, b"\xff" * 108, b"\5\0\0\0\0", b"not BSON at all, and longer"])
def test_what_are_no_documents_of_the_collection(kept: Kept, data: bytes) -> None:
    kept.changed(DATA, lambda _: data, summed=True)
    assert "messages" in refused(kept).told


def lacks_last(data: bytes) -> bytes:
    at = 0
    while (length := int.from_bytes(data[at : at + 4], "little")) and at + length < len(data):
        at += length
    return data[:at]


def has_first_twice(data: bytes) -> bytes:
    return data + data[: int.from_bytes(data[:4], "little")]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lacks_last, f"messages: 1 document vanished: {MESSAGES - 1}"),
        (replaced("message 7 ", "message 8 "), "messages: 1 document changed: 7"),
        (has_first_twice, "messages cannot be restored: the _id 0 is there twice"),
    ],
)
def test_documents_are_named(kept: Kept, change: Change, told: str) -> None:
    kept.changed(DATA, change, summed=True)
    assert told in refused(kept).told


@pytest.mark.parametrize("name", ["log", "system.buckets.temperatures", "users", "keyed", "system.js"])
@pytest.mark.parametrize("at", [0, -20])
def test_every_kind_of_collection(kept: Kept, name: str, at: int) -> None:
    kept.changed(f"dump/{DATABASE}/{name}.bson", flipped(at), summed=True)
    assert name.removeprefix("system.buckets.") in refused(kept).told


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


def test_documents_of_two_collections_in_each_others_place(kept: Kept) -> None:
    other = DATA.replace("messages", "users")
    one, two = kept.folder / DATA, kept.folder / other
    data = one.read_bytes(), two.read_bytes()
    one.write_bytes(data[1])
    two.write_bytes(data[0])
    kept.summed(DATA, other)
    assert "messages" in refused(kept).told


def test_an_empty_backup_of_a_database_that_held_documents(kept: Kept) -> None:
    for file in (kept.folder / "dump" / DATABASE).glob("*.bson"):
        file.write_bytes(b"")
        kept.summed(str(file.relative_to(kept.folder)))
    found = refused(kept)
    assert any("is empty, and the database held" in one for one in found.differences)


def test_a_dump_that_is_not_there_at_all(kept: Kept) -> None:
    shutil.rmtree(kept.folder / "dump")
    assert "lacks" in refused(kept).told or "cannot be read" in refused(kept).told


def test_proofs_that_are_none_are_not_taken_for_one(kept: Kept) -> None:
    assert proof.load(kept.facts.connection, "/nowhere") is None
    (kept.folder / "proof.json").write_text('{"proved": true}')
    assert proof.load(kept.facts.connection, str(kept.folder)) is None
