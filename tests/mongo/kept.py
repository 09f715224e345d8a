"""A backup of a small database with one of each kind, which a test may damage, and what it can damage."""

from __future__ import annotations

import datetime
import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from gonogo.deploy.mongodb.backup import backup, backup_store
from gonogo.deploy.mongodb.backup.backup_store import Backup
from gonogo.deploy.mongodb.backup.manifest import MANIFEST
from gonogo.deploy.mongodb.server import login
from gonogo.deploy.release.release import Release

Client = MongoClient[dict[str, Any]]
Change = Callable[[bytes], bytes]
"""What becomes of a file."""
DATABASE = "shop"
MESSAGES = 2000
DATA = f"dump/{DATABASE}/messages.bson"
METADATA = f"dump/{DATABASE}/messages.metadata.json"


def fill(client: Client, database: str = DATABASE) -> None:
    """Make a collection of each kind."""
    db = client[database]
    db.messages.insert_many({"_id": n, "n": n, "text": f"message {n} " * 10} for n in range(MESSAGES))
    db.messages.create_index([("n", 1)], name="by_n", unique=True)
    db.messages.create_index([("text", "text")], name="words")
    db.create_collection("users", collation={"locale": "de", "strength": 1})
    db.users.insert_many({"name": f"user {n}", "mail": None} for n in range(50))
    db.create_collection("strict", validator={"n": {"$type": "int"}}, validationLevel="strict")
    db.strict.insert_one({"n": "no number"}, bypass_document_validation=True)
    db.create_collection("log", capped=True, size=100_000, max=500)
    db.log.insert_many({"line": n} for n in range(700))
    db.create_collection("temperatures", timeseries={"timeField": "at", "metaField": "room"})
    noon = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)
    db.temperatures.insert_many(
        {"at": noon + datetime.timedelta(minutes=n), "room": n % 3, "celsius": 20 + n} for n in range(300)
    )
    db.create_collection("sessions")
    db.sessions.insert_many({"_id": n, "at": noon} for n in range(20))
    db.sessions.create_index("at", expireAfterSeconds=3600 * 24 * 3650)
    db.create_collection("keyed", clusteredIndex={"key": {"_id": 1}, "unique": True})
    db.keyed.insert_many({"_id": n} for n in range(20))
    db["system.js"].insert_one({"_id": "twice", "value": "function (x) { return 2 * x }"})
    db.create_collection("empty")
    # One of the two would be lost where the names of their files are taken for the same.
    db["of day"].insert_one({"of": "a space"})
    db["of+day"].insert_one({"of": "a plus"})
    db.create_collection("heat + cold", timeseries={"timeField": "at"})
    db["heat + cold"].insert_one({"at": noon, "celsius": 20})
    db.command("create", "first", viewOn="messages", pipeline=[{"$match": {"n": {"$lt": 10}}}])


def hashes(client: Client, database: str = DATABASE) -> dict[str, str]:
    """Return what the server makes of each collection."""
    found = dict(client[database].command("dbHash")["collections"])
    found.pop("system.views", None)  # views have the name of their database in it
    return found


@dataclass
class Kept:
    """The backup on the target, which is this machine, and a whole copy of it."""

    release: Release
    made: Backup
    copy: Path

    @property
    def folder(self) -> Path:
        return Path(self.made.folder)

    def again(self) -> None:
        """Put everything back."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.copy, self.folder)

    def found(self) -> Backup:
        """The backup as the target has it now."""
        return backup_store.find(self.release.connection, self.release.target, self.made.name)

    def changed(self, path: str, change: Change, *, summed: bool) -> None:
        """Change a file; ``summed``: as if the manifest had been written afterwards."""
        file = self.folder / path
        before = file.read_bytes()
        file.write_bytes(change(before))
        assert file.read_bytes() != before
        if summed:
            self.summed(path)

    def summed(self, *paths: str) -> None:
        """Write the sums of files into the manifest, or that they are not there."""
        file = self.folder / MANIFEST
        manifest = json.loads(file.read_bytes())
        for path in paths:
            manifest["files"].pop(path, None)
            if (self.folder / path).exists():
                data = (self.folder / path).read_bytes()
                manifest["files"][path] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        file.write_text(json.dumps(manifest))


def keep(release: Release, place: Path) -> Kept:
    """Fill the database, and make the backup."""
    with login.opened(release) as client:
        fill(client)
    made = backup.make(release)
    shutil.copytree(made.folder, place / "copy")
    return Kept(release, made, place / "copy")


def flipped(at: int) -> Change:
    """Flip one bit of the byte at a place; a negative one counts from the end."""

    def change(data: bytes) -> bytes:
        place = at % len(data)
        return data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :]

    return change


def cut(size: int) -> Change:
    """Keep so many bytes; a negative number is what is cut off."""
    return lambda data: data[:size]


def replaced(old: str, new: str) -> Change:
    """Write something else in the place of a text."""

    def change(data: bytes) -> bytes:
        assert old.encode() in data
        return data.replace(old.encode(), new.encode(), 1)

    return change
