"""The fingerprint of a backup, taken of the very documents that go into it."""

from __future__ import annotations

from pathlib import Path

from gonogo.deploy.mongodb.fingerprint import fingerprint, ttl
from gonogo.deploy.mongodb.fingerprint.fingerprint import (
    Client,
    CollectionFingerprinter,
    CollectionPrint,
    EntriesWriter,
    Fingerprint,
)
from gonogo.deploy.mongodb.fingerprint.hashes import HashesOfRead
from gonogo.deploy.mongodb.server import write_detection
from gonogo.deploy.mongodb.server.source import Namespace
from gonogo.deploy.release import records


class DumpFingerprint:
    """The fingerprint of one database while it is read; what it keeps lies in ``folder``."""

    def __init__(self, client: Client, database: str, folder: Path, *, hashed: bool) -> None:
        """Begin, before anything is read; ``folder`` is of this machine, and private.

        ``hashed``: with what the server's own ``dbHash`` says at the end. That makes a comparison soon after
        fast where nothing was written, and writers wait meanwhile.
        """
        self.folder = folder
        self._client, self._database = client, database
        self._taken = records.now().isoformat(timespec="seconds")
        self._removed = ttl.removals(client)
        self._before = write_detection.state(client, database) if hashed else None
        self._entries = EntriesWriter(folder)

    def fingerprinter(self, namespace: Namespace) -> CollectionFingerprinter:
        """Return what is given the documents of one collection."""
        return CollectionFingerprinter(namespace, self._entries)

    def finish(self, prints: dict[str, CollectionPrint]) -> None:
        """Write the fingerprint into the folder."""
        found = Fingerprint(
            database=self._database, taken=self._taken, collections=prints, removals=self._removed
        )
        with HashesOfRead(self._client, self._database, self._before) as asked:
            asked.ask(prints)
            fingerprint.save(found, self._entries, self.folder, asked)
