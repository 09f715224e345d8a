"""The restore proof: a backup is restored into a throwaway server, and is found to be what the database held.

Nobody had ever restored the one backup there was (incident L7).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gonogo.deploy.host import foreign, remote_files
from gonogo.deploy.mongodb.backup import backup_store
from gonogo.deploy.mongodb.backup.backup_store import PROOF, Backup
from gonogo.deploy.mongodb.backup.reading import BackupDamaged
from gonogo.deploy.mongodb.restore import (
    accounts,
    archive,
    backup_comparison,
    loader,
    proof_image,
    server_error,
    throwaway,
)
from gonogo.deploy.mongodb.restore.throwaway import Throwaway
from gonogo.deploy.release.records import now
from gonogo.deploy.release.release import Release
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.target.target import Target

MOST = 20
"""Differences that are written down; the others are counted."""
RESTORED = "gonogo_proof"

OnBytes = Callable[[int], None] | None


class Proof(BaseModel):
    """What a trial restore found. ``seconds``: the recovery time, from the server's start to the last index.

    ``compared_seconds``: to compare afterwards. ``differences``: in words, empty where it is ``proved``.
    ``same``: how many documents were found to be as they were before and after the dump, None where that is
    all of them; ``changed``: how many others wrote to meanwhile, of which nothing is claimed.
    """

    model_config = ConfigDict(extra="forbid")
    backup: str
    at: str
    image: str
    seconds: float
    compared_seconds: float = 0.0
    collections: int = 0
    documents: int = 0
    same: int | None = None
    changed: int = 0
    bytes: int = 0
    differences: list[str] = Field(default_factory=list)
    proved: bool

    @property
    def told(self) -> str:
        """It in words."""
        if self.proved and self.same is not None:
            return (
                f"{self.documents} documents restored in {self.seconds:.1f} s, {self.same} found to be the "
                f"same; {self.changed} were written to during the dump"
            )
        if self.proved:
            return f"{self.documents} documents restored in {self.seconds:.1f} s, and found to be the same"
        return f"not proved: {'; '.join(self.differences[:3])}"


def prove(release: Release, backup: Backup, *, image: str = "", on_bytes: OnBytes = None) -> Proof:
    """Restore a backup into a throwaway server on the target, compare it, and keep the result beside it.

    ``image``: by default ``backup.proof_image`` of the target file, else that of the database's container,
    else that which the backup was made from.
    ``on_bytes`` is called with the size of each piece restored. A backup that is no good is a Proof that says
    so; raises GonogoError where it could not be tried.
    """
    image = image or proof_image.of(release, backup)
    begun = time.monotonic()
    proof = Proof(
        backup=backup.name,
        at=now().isoformat(timespec="seconds"),
        image=image,
        seconds=0.0,
        proved=False,
    )
    try:
        with throwaway.server(release.connection, image) as there:
            _tried(release, backup, there, proof, begun, on_bytes)
    except BackupDamaged as damaged:
        proof.seconds = proof.seconds or round(time.monotonic() - begun, 3)
        proof.differences = [str(damaged)]
    keep(release.connection, backup, proof)
    return proof


def keep(connection: Connection, backup: Backup, proof: Proof) -> None:
    """Write a proof into its backup's folder; raises GonogoError."""
    foreign.refuse(connection, backup.folder.parent, foreign.backups(backup.manifest.target))
    remote_files.put(connection, backup.folder / PROOF, proof.model_dump_json(indent=1).encode())


def load(connection: Connection, folder: str) -> Proof | None:
    """Return the proof in the folder of a backup; None where there is none, or what is there is no proof."""
    data = remote_files.read(connection, PurePosixPath(folder) / PROOF)
    return _read(data.decode("utf-8", "replace")) if data else None


def of(connection: Connection, target: Target, backups: Sequence[Backup]) -> dict[str, Proof]:
    """Return the proofs of backups, by the backup's name; those that have none are left out."""
    names = [one.name for one in backups]
    found = zip(names, backup_store.lines(connection, target, names, PROOF), strict=True)
    return {name: proof for name, text in found if (proof := _read(text))}


def _read(text: str) -> Proof | None:
    try:
        return Proof.model_validate_json(text)
    except ValidationError:
        return None


def _tried(  # noqa: PLR0913, PLR0917
    release: Release, backup: Backup, there: Throwaway, proof: Proof, begun: float, on_bytes: OnBytes
) -> None:
    if backup.manifest.form == "archive":
        archive.restore(release.connection, backup, there.name, there.client, RESTORED)
        if backup.manifest.users:
            archive.restore_accounts(release.connection, backup, there.name, there.client)
    else:
        loader.load(release.connection, backup, there.client, RESTORED, on_bytes)
        if backup.manifest.users:
            accounts.load(release.connection, backup, there.client)
    proof.seconds = round(time.monotonic() - begun, 3)
    begun = time.monotonic()
    with server_error.told(f"the backup {backup.name}, restored"):
        alike = backup_comparison.of(release, backup, there.client, RESTORED)
    proof.collections, proof.documents = len(alike.now.collections), alike.now.count
    if alike.changed:
        proof.same, proof.changed = alike.same, alike.changed
    proof.bytes = sum(collection.bytes for collection in alike.now.collections.values())
    proof.compared_seconds = round(time.monotonic() - begun, 3)
    more = len(alike.differences) - MOST
    proof.differences = alike.differences[:MOST] + ([f"and {more} more"] if more > 0 else [])
    proof.proved = not alike.differences
