"""The entries of collections that were hashed and not read, taken from the backup when they are needed.

What nobody wrote to during a dump is proved by its hash. When something is written to it after that, the
backup holds what was there, which tells whether a document vanished.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup import backup_store
from gonogo.deploy.mongodb.fingerprint import fingerprint, unread
from gonogo.deploy.mongodb.fingerprint.entries import ENTRIES, EntriesWriter, unpacked
from gonogo.deploy.mongodb.fingerprint.hashes import alike
from gonogo.deploy.mongodb.restore import archive, proof, proof_image, server_error, throwaway
from gonogo.deploy.mongodb.server import source
from gonogo.deploy.release.release import Release


def supply(release: Release, kept: PurePosixPath, folder: Path, names: list[str]) -> None:
    """Restore collections of the backup in ``kept`` into a throwaway server, and read them.

    ``folder`` holds the backup's fingerprint, here, and has their entries then. Raises GonogoError.
    """
    backup = backup_store.find(release.connection, release.target, kept.name)
    was = fingerprint.load(folder)
    with (
        throwaway.server(release.connection, proof_image.of(release, backup)) as there,
        server_error.told(f"the backup {backup.name}, restored"),
    ):
        archive.restore(release.connection, backup, there.name, there.client, proof.RESTORED, only=names)
        client, database = there.client, proof.RESTORED
        copies = unread.of_copy(client, database, {name: was.collections[name] for name in names})
        if wrong := [name for name in names if not alike(name, was.db_hashes, copies.hashes)]:
            raise GonogoError(f"the backup {backup.name} does not hold {', '.join(wrong)} as hashed before")
        prints = dict(was.collections)
        with unpacked(folder / ENTRIES, was.entries) as old, EntriesWriter(folder) as entries:
            entries.adopt(old)
            for one in source.namespaces(client, database):
                if one.name in names and (found := fingerprint.read(client, database, one, entries)):
                    prints[one.name] = found.model_copy(update={"uuid": was.collections[one.name].uuid})
            fingerprint.save(was.model_copy(update={"collections": prints}), entries, folder)
