"""The fingerprint of a backup, taken of the very documents that go into it."""

from __future__ import annotations

from pathlib import Path

from gonogo.deploy.mongodb.fingerprint import fingerprint
from gonogo.deploy.mongodb.fingerprint.fingerprint import (
    Client,
    CollectionFingerprinter,
    CollectionPrint,
    EntriesWriter,
    Fingerprint,
)
from gonogo.deploy.mongodb.fingerprint.hashes import asking
from gonogo.deploy.mongodb.server.source import Namespace
from gonogo.deploy.release import records


class DumpFingerprint:
    """The fingerprint of one database while it is read; what it keeps lies in ``folder``."""

    def __init__(self, database: str, folder: Path) -> None:
        """Begin; ``folder`` is of this machine, and private."""
        self.folder = folder
        self._database, self._taken = database, records.now().isoformat(timespec="seconds")
        self._entries = EntriesWriter(folder)

    def fingerprinter(self, namespace: Namespace) -> CollectionFingerprinter:
        """Return what is given the documents of one collection."""
        return CollectionFingerprinter(namespace, self._entries)

    def finish(self, client: Client, prints: dict[str, CollectionPrint], *, hashed: bool) -> None:
        """Write the fingerprint into the folder; ``hashed``: with what the server's own ``dbHash`` says now.

        That makes a comparison soon after fast where nothing was written, and writers wait meanwhile.
        """
        found = Fingerprint(database=self._database, taken=self._taken, collections=prints)
        with asking(client, self._database, prints if hashed else {}) as asked:
            fingerprint.save(found, self._entries, self.folder, asked)
