"""Whether a database that was restored is what the backup is of, by the fingerprint that lies beside it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from gonogo.deploy.errors import ConnectionFailed, GonogoError
from gonogo.deploy.mongodb.backup.backup_store import Backup
from gonogo.deploy.mongodb.backup.manifest import BEFORE, ENTRIES, FINGERPRINT
from gonogo.deploy.mongodb.backup.reading import BackupDamaged, unequal
from gonogo.deploy.mongodb.fingerprint import compare, fingerprint, ttl
from gonogo.deploy.mongodb.fingerprint import unread as unread_collections
from gonogo.deploy.mongodb.fingerprint.compare import Difference
from gonogo.deploy.mongodb.fingerprint.difference import structural
from gonogo.deploy.mongodb.fingerprint.entries import Entries, digest_of, unpacked
from gonogo.deploy.mongodb.fingerprint.fingerprint import CollectionPrint, Fingerprint
from gonogo.deploy.mongodb.restore import unchanged
from gonogo.deploy.release.release import Release
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.sections.data import Mongodb

Client = MongoClient[dict[str, Any]]


@dataclass(frozen=True)
class BackupComparison:
    """The fingerprint of what was restored, and in what it differs from the backup's, in words.

    ``same``: how many documents were found to be what they were; ``changed``: how many changed during the
    dump, of which nothing is claimed.
    """

    now: Fingerprint
    differences: list[str]
    same: int
    changed: int = 0


def of(
    release: Release, backup: Backup, client: Client, database: str, *, aging: bool = False
) -> BackupComparison:
    """Compare a restored database with the fingerprint of its backup.

    ``aging``: the server removes documents whose time is over (TTL), as a live one does. Raises BackupDamaged
    where the backup's fingerprint is none, GonogoError and pymongo's errors.
    """
    with tempfile.TemporaryDirectory(prefix="gonogo-") as name:
        taken, restored = Path(name) / "taken", Path(name) / "restored"
        taken.mkdir()
        restored.mkdir()
        wanted = fetched(release.connection, backup, taken)
        twice = f"{BEFORE}/{FINGERPRINT}" in backup.manifest.files
        if twice:
            (taken / BEFORE).mkdir()
            fetched(release.connection, backup, taken / BEFORE, BEFORE)
        unread = unread_collections.of_copy(client, database, wanted.collections)
        now = fingerprint.take(client, database, restored, hashed=False, unread=unread)
        try:
            if twice:
                due = ttl.now_ms(client.admin.command("hello")["localTime"]) if aging else 0
                found = unchanged.between(taken / BEFORE, taken, restored, due)
                differences, same, changed = found.differences, found.proved, found.changed
            else:
                differences = _between(release, backup, taken, restored, aging)
                same, changed = now.count, 0
        except ConnectionFailed:
            raise
        except GonogoError as error:
            raise BackupDamaged(f"the backup {backup.name}: its fingerprint: {error}") from None
    told = [difference.told for difference in differences] + _numbers(backup, wanted, now)
    return BackupComparison(now, told, same, changed)


def fetched(connection: Connection, backup: Backup, folder: Path, part: str = "") -> Fingerprint:
    """Copy the fingerprint of a backup here and return it; raises BackupDamaged, ConnectionFailed.

    ``part``: the folder in the backup, where it does not lie in the backup's own.
    """
    told = f"the backup {backup.name}"
    try:
        found = fingerprint.fetch(connection, backup.folder / part, folder)
    except ConnectionFailed:
        raise
    except GonogoError as error:
        _summed(backup, folder, part)
        raise BackupDamaged(f"{told}: {error}") from None
    _summed(backup, folder, part)
    if found.database != backup.manifest.database:
        raise BackupDamaged(f"{told}: {FINGERPRINT} is of the database {found.database}: use another backup")
    return found


def _summed(backup: Backup, folder: Path, part: str) -> None:
    """Raise BackupDamaged where what was fetched is not what the manifest says."""
    for name in (FINGERPRINT, ENTRIES):
        path = f"{part}/{name}" if part else name
        wanted = backup.manifest.files.get(path)
        if wanted is None:
            raise BackupDamaged(f"the manifest of {backup.name} names no {path}: use another backup")
        if (folder / name).exists():
            unequal(digest_of(folder / name), wanted, f"the backup {backup.name}: {path}")


def exact(backup: Backup) -> bool:
    """Return whether the fingerprint is of the very documents: our own writer took it of what it read, or
    it was imported. mongodump's own was taken beside the dump.
    """
    return backup.manifest.tool == "gonogo" or backup.manifest.consistent or backup.manifest.imported


def _between(release: Release, backup: Backup, taken: Path, restored: Path, aging: bool) -> list[Difference]:
    if not exact(backup):
        # Only backups of earlier versions have no fingerprint of before.
        return compare.between(taken, restored, exact=False, kinds=release.target.mongodb)
    differences = compare.between(taken, restored)
    if not aging:
        differences += _untrue(taken, restored, {difference.collection for difference in differences})
    if aging and any(difference.what == "vanished" for difference in differences):
        kept = Mongodb(service="-", database=backup.manifest.database, other_collections="append-only")
        lost = compare.between(taken, restored, exact=False, kinds=kept)
        early = {difference.collection for difference in lost if difference.what == "vanished"}
        differences = [
            difference
            for difference in differences
            if difference.what != "vanished" or difference.collection in early
        ]
    return differences


def _untrue(taken: Path, restored: Path, differing: set[str]) -> list[Difference]:
    """Return where the fingerprint contradicts itself, which a comparison by digests alone does not see.

    It is what the live data is compared with after a release, so each of its entries counts.
    """
    was, now = fingerprint.load(taken), fingerprint.load(restored)
    with unpacked(taken / ENTRIES, was.entries) as old, unpacked(restored / ENTRIES, now.entries) as new:
        return [
            structural(name, "", "fingerprint damaged", "its fingerprint is damaged, of the same documents")
            for name, collection in was.collections.items()
            if name not in differing
            and collection.read
            and (_told(collection), _sum(old / collection.file))
            != (_told(now.collections[name]), _sum(new / now.collections[name].file))
        ]


def _told(collection: CollectionPrint) -> tuple[object, ...]:
    return (
        collection.count,
        collection.bytes,
        collection.digest,
        collection.ordered,
        collection.largest,
        collection.unique,
        collection.extra,
    )


def _sum(file: Path) -> tuple[int, int]:
    """Return how many entries a file has, and a sum of them that does not depend on their order."""
    count = total = 0
    with Entries(file) as entries:
        for bucket in entries.counts:
            for stored, digest in entries.bucket(bucket):
                count, total = count + 1, total + hash(stored + digest)
    return count, total


def _numbers(backup: Backup, wanted: Fingerprint, now: Fingerprint) -> list[str]:
    if wanted.count and not now.count:
        return [f"{backup.name} is empty, and the database held {wanted.count} documents"]
    if backup.manifest.documents != wanted.count:
        return [f"its manifest says {backup.manifest.documents} documents, its fingerprint {wanted.count}"]
    return []
