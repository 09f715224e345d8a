"""The directory of a dump that is imported: its fingerprint is taken of the very documents in its files."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.backup import backup_stream, layout, upload_folder
from gonogo.deploy.mongodb.backup.backup_request import file
from gonogo.deploy.mongodb.backup.backup_stream import BackupStream, Piece, Sums
from gonogo.deploy.mongodb.backup.manifest import ENTRIES, FINGERPRINT, Manifest
from gonogo.deploy.mongodb.fingerprint import fingerprint
from gonogo.deploy.mongodb.fingerprint.collection_fingerprint import CollectionFingerprinter, CollectionPrint
from gonogo.deploy.mongodb.fingerprint.entries import EntriesWriter
from gonogo.deploy.mongodb.fingerprint.fingerprint import Fingerprint
from gonogo.deploy.mongodb.restore import loader
from gonogo.deploy.mongodb.restore.importing import Importing, opened, unpacked_size
from gonogo.deploy.mongodb.server.source import Namespace

PACKED = ".gz"
WANTED = (layout.DATA, layout.METADATA, layout.PRELUDE)


def sent(given: Importing) -> Manifest:
    """Send the files of a directory and return the manifest; raises GonogoError and OSError."""
    with tempfile.TemporaryDirectory(prefix="gonogo-") as place:
        directory = Directory(given, Path(place))
        stream = BackupStream(directory.pieces, directory.folder)
        given.send(stream, upload_folder.receive(given.database), directory.size)
    assert directory.made is not None  # the stream ends with it
    return directory.made


def files_of(path: Path, database: str) -> dict[str, Path]:
    """Return the files of a dump of one database, by their names without ``.gz``; raises GonogoError.

    It is the dump in ``path`` itself, or that in the folder for ``database`` there, or in the only folder.
    """
    folders = [one for one in sorted(path.iterdir()) if one.is_dir() and one.name not in ("admin", "config")]
    named = [one for one in folders if one.name == database] or (folders if len(folders) == 1 else [])
    for folder in (path, *named):
        files = {one.name.removesuffix(PACKED): one for one in sorted(folder.iterdir()) if one.is_file()}
        if any(name.endswith(layout.METADATA) for name in files):
            return {name: one for name, one in files.items() if name.endswith(WANTED)}
    raise GonogoError(f"{path} holds no dump of {database}: give the folder that mongodump wrote")


class Directory:
    """The dump of one database while it is read. ``made``: its manifest, when it is read."""

    def __init__(self, given: Importing, place: Path) -> None:
        """Look which files there are; ``place``: a folder of this machine, which is private."""
        self._given, self._place = given, place
        self._files = files_of(given.path, given.database)
        self.folder = f"{layout.DUMP}/{given.database}"
        self.size = unpacked_size(*self._files.values())
        self.made: Manifest | None = None

    def pieces(self, sums: Sums) -> Iterator[Piece]:
        """Give the files, the fingerprint of what is in them, and the manifest."""
        described = dict[str, Namespace]()
        server = ""
        for name, path in self._files.items():
            if name.endswith(layout.DATA):
                continue
            with opened(path) as found:
                data = found.read()
            if name.endswith(layout.METADATA):
                described[f"{self.folder}/{name}"] = layout.read_metadata(data, str(path))
            else:
                server = _server(data)
            yield f"{self.folder}/{name}", data
        there = {f"{self.folder}/{name}" for name in self._files}
        with EntriesWriter(self._place) as entries:
            prints = dict[str, CollectionPrint]()
            yield from self._data(
                {layout.documents_path(path, one, there): one for path, one in described.items()},
                entries,
                prints,
            )
            prints |= {
                one.name: CollectionFingerprinter(one, entries).close()
                for one in described.values()
                if not one.stored
            }
            taken = self._given.at.isoformat(timespec="seconds")
            whole = Fingerprint(database=self._given.database, taken=taken, collections=prints)
            fingerprint.save(whole, entries, self._place)
        for name in (FINGERPRINT, ENTRIES):
            yield from file(self._place / name, name)
        self.made = self._given.manifest(
            form="directory",
            server=server,
            users=not there.isdisjoint(layout.account_paths(self._given.database, "users")),
            documents=whole.count,
            files={path: one.sum for path, one in sums.items()},
        )
        yield from backup_stream.closing(self.made.written(), sums)

    def _data(
        self, by_path: dict[str, Namespace], entries: EntriesWriter, prints: dict[str, CollectionPrint]
    ) -> Iterator[Piece]:
        """Give the documents, and put the fingerprints of their collections into ``prints``."""
        for name, path in self._files.items():
            if not name.endswith(layout.DATA):
                continue
            place = f"{self.folder}/{name}"
            namespace = by_path.get(place)
            taken = CollectionFingerprinter(namespace, entries) if namespace else None
            yield place, b""
            with opened(path) as found:
                for batch in loader.documents_of(found, str(path)):
                    data = b"".join(batch)
                    if taken:
                        taken.add(data)
                    yield place, data
            if taken and namespace:
                prints[namespace.name] = taken.close()


def _server(prelude: bytes) -> str:
    with suppress(ValueError, AttributeError):
        return str(json.loads(prelude).get("ServerVersion", ""))
    return ""
