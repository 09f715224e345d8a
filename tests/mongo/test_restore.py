"""Restoring: beside the live data, and over it, where the way back is made first."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import AutoReconnect

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup import backup, backup_store
from gonogo.deploy.mongodb.backup.manifest import MANIFEST
from gonogo.deploy.mongodb.restore import loader, restore, staging_database, swap
from gonogo.deploy.mongodb.server import login
from tests.lab.secrecy import watched_arguments
from tests.mongo.ground import PASSWORD
from tests.mongo.kept import DATA, DATABASE, Kept, fill, hashes, replaced

Client = MongoClient[dict[str, Any]]


@pytest.fixture(scope="module")
def client(everything: Kept) -> Iterator[Client]:
    with login.opened(everything.release) as client:
        yield client


@pytest.fixture
def kept(everything: Kept, client: Client) -> Iterator[Kept]:
    yield everything
    everything.again()
    for name in set(client.list_database_names()) - {"admin", "config", "local", DATABASE}:
        client.drop_database(name)


@pytest.fixture
def changed(kept: Kept, client: Client) -> Iterator[Kept]:
    """The live database is another one than the backup is of; afterwards it is that again."""
    db = client[DATABASE]
    db.messages.delete_many({"n": {"$gte": 100}})
    db.messages.drop_index("by_n")
    db.users.drop()
    db.command("create", "users", viewOn="messages", pipeline=[])
    db["first"].drop()
    db["first"].insert_one({"not": "a view"})
    db.temperatures.drop()
    db.newer.insert_one({"_id": "newer"})
    db["system.js"].insert_one({"_id": "newer", "value": "function () {}"})
    yield kept
    client.drop_database(DATABASE)
    fill(client)


def databases(client: Client) -> set[str]:
    return set(client.list_database_names())


def test_beside_the_live_data(kept: Kept, client: Client) -> None:
    seen: list[int] = []
    live = hashes(client, DATABASE)
    found = restore.restore(kept.release, kept.found(), on_bytes=seen.append)
    assert re.fullmatch(rf"{DATABASE}_restored_\d{{8}}_\d{{6}}", found.database)
    assert hashes(client, found.database) == live == hashes(client, DATABASE)
    assert (found.documents, found.replaced, found.safety, found.proved) == (
        kept.made.manifest.documents,
        False,
        "",
        True,
    )
    assert sum(seen) > 300_000 and found.seconds > 0
    assert client[found.database]["first"].count_documents({}) == 10
    assert client[found.database].temperatures.count_documents({}) == 300
    assert found.told.endswith("beside the live data")
    assert len(backup_store.listed(kept.release.connection, kept.release.target)) == 1


OLDER = {
    "of+day": "of%20day",
    "of%2Bday": "of+day",
    "heat+%2B+cold": "heat%20+%20cold",
    "system.buckets.heat+%2B+cold": "system.buckets.heat%20+%20cold",
}
"""Files by their names, which are mongodump's, and what they are called in older backups of ours."""


def test_a_backup_with_the_names_of_older_ones(kept: Kept, client: Client) -> None:
    dump, manifest = kept.folder / "dump" / DATABASE, kept.folder / MANIFEST
    text = manifest.read_text()
    for new, old in OLDER.items():
        for ending in (".bson", ".metadata.json"):
            if (dump / f"{new}{ending}").exists():
                (dump / f"{new}{ending}").rename(dump / f".{old}{ending}")
    for path in list(dump.glob(".*")):
        path.rename(path.with_name(path.name[1:]))
    text = text.replace("of+day.", "\0").replace("of%2Bday.", "of+day.").replace("\0", "of%20day.")
    manifest.write_text(text.replace("heat+%2B+cold.", "heat%20+%20cold."))
    found = restore.restore(kept.release, kept.found())
    assert hashes(client, found.database) == hashes(client, DATABASE)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (DATABASE, f"there is a database {DATABASE} already"),
        (DATABASE.upper(), f"there is a database {DATABASE} already"),
        ("admin", "admin is MongoDB's own database"),
        ("Local", "Local is MongoDB's own database"),
        ("a.b", "no name for a database"),
        ("a b", "no name for a database"),
        ("ä" * 32, "no name for a database"),
    ],
)
def test_names_that_are_taken_or_none(kept: Kept, client: Client, name: str, why: str) -> None:
    before = databases(client), hashes(client, DATABASE)
    with pytest.raises(GonogoError, match=f"{why}.*--into"):
        restore.restore(kept.release, kept.found(), into=name)
    assert (databases(client), hashes(client, DATABASE)) == before


def test_into_a_name_of_the_longest(kept: Kept, client: Client) -> None:
    found = restore.restore(kept.release, kept.found(), into="x" * 63)
    assert found.database == "x" * 63
    assert hashes(client, found.database) == hashes(client, DATABASE)


@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize("summed", [False, True], ids=["rotten", "summed"])
def test_a_damaged_one_leaves_nothing_and_changes_nothing(
    kept: Kept, client: Client, replace: bool, summed: bool
) -> None:
    before = databases(client), hashes(client, DATABASE)
    kept.changed(DATA, replaced("message 7 ", "message 8 "), summed=summed)
    with pytest.raises(GonogoError, match=r"messages.*(SHA-256|1 document changed: 7)"):
        restore.restore(kept.release, kept.found(), replace=replace, prove=False)
    assert (databases(client), hashes(client, DATABASE)) == before


def test_over_the_live_data(changed: Kept, client: Client) -> None:
    before = hashes(client, DATABASE)
    found = restore.restore(changed.release, changed.found(), replace=True, prove=False)
    assert (found.database, found.replaced, found.dropped) == (DATABASE, True, ("newer",))
    live = hashes(client, DATABASE)
    safety = backup_store.find(changed.release.connection, changed.release.target, found.safety)
    assert databases(client) == {"admin", "config", "local", DATABASE}
    assert {one["name"] for one in client[DATABASE].messages.list_indexes()} == {"_id_", "by_n", "words"}
    beside = restore.restore(changed.release, changed.found())
    assert hashes(client, beside.database) == live
    # What was there is in the safety backup, whole.
    was = restore.restore(changed.release, safety)
    assert hashes(client, was.database) == before
    assert "dropped: newer" in found.told and found.safety in found.told


def test_one_that_is_killed_can_be_told_from_a_whole_one(
    kept: Kept, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    load, seen = loader.load, []

    def looked(*given: Any) -> object:
        seen.append(client[given[3]].list_collection_names())
        return load(*given)

    monkeypatch.setattr(loader, "load", looked)
    found = restore.restore(kept.release, kept.found())
    assert seen == [[staging_database.UNFINISHED]]
    assert staging_database.UNFINISHED not in client[found.database].list_collection_names()


def test_over_a_database_that_is_gone(kept: Kept, client: Client) -> None:
    before = hashes(client, DATABASE)
    client.drop_database(DATABASE)
    found = restore.restore(kept.release, kept.found(), replace=True, prove=False)
    assert (found.documents, found.dropped) == (kept.made.manifest.documents, ())
    # What other tests filled anew has other values of ObjectId.
    assert hashes(client, DATABASE).keys() == before.keys()
    assert hashes(client, DATABASE)["messages"] == before["messages"]
    assert (
        backup_store.find(kept.release.connection, kept.release.target, found.safety).manifest.documents == 0
    )


def test_whoever_reads_meanwhile_always_finds_documents(kept: Kept, client: Client) -> None:
    counts, over = [], threading.Event()

    def read() -> None:
        while not over.is_set():
            counts.append(client[DATABASE].messages.estimated_document_count())

    reader = threading.Thread(target=read)
    reader.start()
    client[DATABASE].messages.delete_one({"n": 5})
    restore.restore(kept.release, kept.found(), replace=True, prove=False)
    over.set()
    reader.join()
    assert set(counts) <= {1999, 2000} and len(counts) > 10
    assert client[DATABASE].messages.count_documents({}) == 2000


@pytest.mark.parametrize("error", [AutoReconnect("gone"), KeyboardInterrupt()])
def test_one_that_is_cut_off_names_the_way_back(
    changed: Kept, client: Client, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    before = hashes(client, DATABASE)

    def fail(*_: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(swap.Swap, "_copied", fail)
        with pytest.raises(GonogoError) as raised:
            restore.restore(changed.release, changed.found(), replace=True, prove=False)
    said = re.search(
        r"shop is partly replaced \(.*messages.*`gonogo restore (\S+) (\S+) --replace`", str(raised.value)
    )
    assert said and said[1] == changed.release.target.name
    assert databases(client) == {"admin", "config", "local", DATABASE}
    assert hashes(client, DATABASE) != before
    safety = backup_store.find(changed.release.connection, changed.release.target, said[2])
    restore.restore(changed.release, safety, replace=True, prove=False)
    assert hashes(client, DATABASE) == before


def test_one_that_fails_before_anything_was_replaced_says_so(
    changed: Kept, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = hashes(client, DATABASE)

    def refuse(*_: object) -> None:
        raise GonogoError("no")

    monkeypatch.setattr(swap.Swap, "_one", refuse)
    with pytest.raises(GonogoError, match="nothing was replaced: no"):
        restore.restore(changed.release, changed.found(), replace=True, prove=False)
    assert (hashes(client, DATABASE), databases(client)) == (before, {"admin", "config", "local", DATABASE})


@pytest.mark.parametrize(("name", "due"), [("sessions", True), ("keyed", False)])
def test_what_is_due_may_go_before_it_is_compared(
    kept: Kept, client: Client, monkeypatch: pytest.MonkeyPatch, name: str, due: bool
) -> None:
    client[DATABASE].command("collMod", "sessions", index={"keyPattern": {"at": 1}, "expireAfterSeconds": 5})
    client.admin.command({"setParameter": 1, "ttlMonitorEnabled": False})
    made, load = backup.make(kept.release), loader.load

    def removed(*given: Any) -> object:
        found = load(*given)
        client[given[3]][name].delete_one({"_id": 7})  # as the server does it by itself, once a minute
        return found

    monkeypatch.setattr(loader, "load", removed)
    try:
        if due:
            assert restore.restore(kept.release, made).documents == kept.made.manifest.documents - 1
        else:
            with pytest.raises(GonogoError, match=f"{name}: 1 document vanished: 7"):
                restore.restore(kept.release, made)
    finally:
        client.admin.command({"setParameter": 1, "ttlMonitorEnabled": True})
        backup_store.remove(kept.release.connection, kept.release.target, made)
        client.drop_database(DATABASE)
        fill(client)


def test_the_password_is_on_no_command_line(kept: Kept) -> None:
    with watched_arguments(pause_s=0) as seen:
        restore.restore(kept.release, kept.found(), replace=True, prove=False)
    everywhere = "\n".join(seen)
    assert "tar" in everywhere and PASSWORD not in everywhere
    log = "\n".join(f"{one.command} {one.output}" for one in kept.release.connection.transcript.entries)
    assert PASSWORD not in log
