"""The fingerprint of one collection, taken of raw BSON while its documents pass."""

from __future__ import annotations

import struct
import zlib
from collections import defaultdict
from collections.abc import Iterable
from hashlib import sha256

from pydantic import BaseModel, ConfigDict, Field

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.mongodb.fingerprint import canonical, ttl
from gonogo.deploy.mongodb.fingerprint.elements import SMALLEST, documents, identity
from gonogo.deploy.mongodb.fingerprint.entries import BUCKETS, DIGEST, EntriesWriter
from gonogo.deploy.mongodb.fingerprint.ttl import Ttl
from gonogo.deploy.mongodb.server.source import Form, Namespace

SPOOL = 200_000
"""Documents whose entries wait in memory before they are written: about 30 MB."""
SPOOL_BYTES = 8 << 20
"""The same for what is longer than usual: an ``_id`` may have megabytes."""
LONG = 20_000
"""Bytes from which a document is looked at where it lies: a view costs more than to copy a short one."""
EXTRA = struct.Struct("<qI")
"""What follows the ``_id`` in the entries of a collection with ``extra``: see ``ttl``."""

_LENGTH = struct.Struct("<i")
_OBJECT_ID = b"\x07_id\0"
_MASK = BUCKETS - 1


class CollectionPrint(BaseModel):
    """The fingerprint of one collection. ``bytes``: of its documents, as BSON. ``file``: of its entries.

    ``options`` and each of ``indexes`` are canonical JSON: equal texts mean equal things. ``digest``: of all
    documents, whatever their order. ``ordered``: the entries are in the collection's own order, as it is
    capped; ``largest``: the bytes of its largest document then. ``unique``: each ``_id`` is there once.
    ``extra``: each ``_id`` is followed by EXTRA. One without ``file`` was not read: see ``unread``.
    """

    model_config = ConfigDict(extra="forbid")
    form: Form
    count: int = Field(ge=0)
    bytes: int = Field(ge=0)
    digest: str
    options: str = "{}"
    indexes: dict[str, str] = Field(default_factory=dict)
    uuid: str = ""
    file: str = ""
    ordered: bool = False
    largest: int = 0
    unique: bool = True
    extra: bool = False

    @property
    def read(self) -> bool:
        """Whether its documents were read, so that there are entries; else MongoDB's hash is all there is."""
        return bool(self.file)


def unread(namespace: Namespace, count: int, size: int) -> CollectionPrint:
    """Return the fingerprint of a collection whose documents were not read, ``size`` bytes of them."""
    indexes = {str(index["name"]): canonical.index(index) for index in namespace.indexes}
    return CollectionPrint(
        form=namespace.form,
        count=count,
        bytes=size,
        digest="",
        options=canonical.options(namespace.options),
        indexes=indexes,
        uuid=namespace.uuid,
    )


def entry(batch: bytes, at: int, after: int, life: Ttl | None) -> tuple[bytes, bytes, bytes]:
    """Return ``_id``, digest and EXTRA of the document in ``batch[at:after]``; EXTRA only with a ``life``."""
    document = batch[at:after]
    extra = EXTRA.pack(*life.of(document)) if life is not None else b""
    return identity(batch, at, after), sha256(document).digest()[:DIGEST], extra


class CollectionFingerprinter:
    """Takes the fingerprint of one collection: ``add`` its documents, then ``close``."""

    def __init__(self, namespace: Namespace, entries: EntriesWriter) -> None:
        """Begin; the entries of the documents go to a file of ``entries``."""
        self.namespace = namespace
        self.count = self.bytes = 0
        self._file = entries.begin()
        self._idents: list[bytes] = []
        self._digests: list[bytes] = []
        self._buckets: list[int] = []
        self._waiting_bytes = self._largest = 0
        self._ordered = bool(namespace.options.get("capped"))
        self._unique = canonical.unique(namespace)
        self._life = ttl.of(namespace)
        self._plain = self._unique and not self._ordered and self._life is None

    def add(self, batch: bytes) -> None:
        """Take BSON documents, one after another; raises GonogoError for anything else."""
        try:
            self.count += self._fast(batch) if self._plain else self._careful(batch)
        except (ValueError, IndexError, struct.error):
            raise GonogoError(
                f"the MongoDB sent documents of {self.namespace.name} that are no BSON: try again, and "
                "validate the collection if it stays so"
            ) from None
        self.bytes += len(batch)
        if len(self._idents) >= SPOOL or self._waiting_bytes >= SPOOL_BYTES:
            self._spool()

    def _fast(self, batch: bytes) -> int:
        """Take documents whose ``_id`` alone tells them apart; this loop is what a fingerprint costs.

        They are told apart by buckets later: the lists of those and a batch are more than a processor's
        cache holds, which costs as much as all the rest.
        """
        at, end, length = 0, len(batch), _LENGTH.unpack_from
        idents, digests, view = self._idents, self._digests, memoryview(batch)
        before = len(idents)
        while at < end:
            after = at + length(batch, at)[0]
            if after - at < SMALLEST or after > end:
                raise ValueError
            if batch[at + 4 : at + 9] == _OBJECT_ID:
                ident = batch[at + 4 : at + 21]
            else:
                ident = identity(batch, at, after)
                self._waiting_bytes += len(ident)
            idents.append(ident)
            document = batch[at:after] if after - at < LONG else view[at:after]
            digests.append(sha256(document).digest()[:DIGEST])
            at = after
        return len(idents) - before

    def _careful(self, batch: bytes) -> int:
        before = len(self._idents)
        for at, after in documents(batch):
            ident, digest, extra = entry(batch, at, after, self._life)
            bucket = 0 if self._ordered else zlib.crc32(ident if self._unique else digest) & _MASK
            ident += extra
            self._buckets.append(bucket)
            self._idents.append(ident)
            self._digests.append(digest)
            self._largest = max(self._largest, after - at)
            self._waiting_bytes += len(ident)
        return len(self._idents) - before

    def close(self) -> CollectionPrint:
        """Return the fingerprint of what passed."""
        self._spool()
        first, second = self._file.close()
        namespace = self.namespace
        return CollectionPrint(
            form=namespace.form,
            count=self.count,
            bytes=self.bytes,
            digest=f"{first:016x}{second:016x}",
            options=canonical.options(namespace.options),
            indexes={str(index["name"]): canonical.index(index) for index in namespace.indexes},
            uuid=namespace.uuid,
            file=self._file.name,
            ordered=self._ordered,
            largest=self._largest if self._ordered else 0,
            unique=self._unique,
            extra=self._life is not None,
        )

    def _spool(self) -> None:
        buckets: Iterable[int] = self._buckets
        if self._plain:
            buckets = (zlib.crc32(ident) & _MASK for ident in self._idents)
        idents, digests = defaultdict[int, list[bytes]](list), defaultdict[int, list[bytes]](list)
        for bucket, ident, digest in zip(buckets, self._idents, self._digests, strict=True):
            idents[bucket].append(ident)
            digests[bucket].append(digest)
        for one in (self._buckets, self._idents, self._digests):
            one.clear()
        for bucket in sorted(idents):
            self._file.write(bucket, idents.pop(bucket), digests.pop(bucket))
        self._waiting_bytes = 0
