"""The tar method: images by id, without the layers that the target has, streamed into ``docker load``."""

from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from gonogo.deploy.errors import CommandTimeout, ConnectionFailed, GonogoError, explained
from gonogo.deploy.host import identities, images
from gonogo.deploy.host import layers as sized
from gonogo.deploy.host.docker import unreachable
from gonogo.deploy.release.records import Image, tagged
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.transfer import layers
from gonogo.deploy.transfer.gzipped import gzipped
from gonogo.deploy.transfer.image_archive import Archive
from gonogo.deploy.transfer.oci_layout import Layout
from gonogo.deploy.transfer.progress import TransferProgress

# An engine that keeps images in containerd reads no checksum at the stream's end, nor a layer that it has. Of
# both ends of the pipe the status is asked, as that of the first is lost in sh (incident D2). gzip(1) ends
# with 1 or 2 for what it cannot unpack, and by a signal where `docker load` gave up, which says why itself.
LOAD = (
    "command -v gzip >/dev/null || exec docker load -q; "
    'said=$({ { gzip -dc 2>/dev/null; echo "unpacked $?." >&3; } | docker load -q >&2; '
    'echo "loaded $?." >&3; } 3>&1); '
    'case $said in *"unpacked 1."*|*"unpacked 2."*) echo "the archive arrived damaged" >&2; exit 1;; esac; '
    'case $said in *"loaded 0."*"unpacked 0."*|*"unpacked 0."*"loaded 0."*) ;; *) exit 1;; esac'
)
MB = 1_000_000
SENDING, LOADING = "sending", "loading"
"""The phases of a transfer: the engine goes on with what it has got when all of it was sent."""
# What engines say of a layer that is in neither the archive nor their store.
_LACKS = re.compile(r"no such file or directory|not found|does not exist|blob unknown", re.IGNORECASE)


_FULL = re.compile(r"no space left on device", re.IGNORECASE)
"""ENOSPC of errno(3): to send it again helps nobody."""


@dataclass
class Sent:
    """What was sent: the ids of the images that the target lacked; ``bytes`` on the wire, all attempts.

    ``ids``: by the id here, the id that each image has there, which another store makes another one.
    ``left_out`` of ``layers``: those that the target had. ``again``: why it was sent a second time;
    ``whole``: why with all layers. Both are empty where that was not so.
    """

    images: tuple[str, ...] = ()
    bytes: int = 0
    layers: int = 0
    left_out: int = 0
    again: str = ""
    whole: str = ""
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def told(self) -> str:
        """It in one line."""
        if not self.images:
            return "every image is there already"
        told = f"{len(self.images)} images, {self.bytes / MB:.1f} MB"
        if self.left_out:
            told += f"; {self.left_out} of {self.layers} layers were there already"
        if self.whole:
            told += f"; sent whole, since the engine takes no archive without its base layers ({self.whole})"
        return f"{told}; sent again, since the first time {self.again}" if self.again else told


class Refused(GonogoError):
    """The engine did not take an archive, which held all layers or a part; the message is what it said."""

    def __init__(self, message: str, in_part: bool) -> None:
        super().__init__(message)
        self.in_part = in_part


def send(
    connection: Connection,
    wanted: Mapping[str, Image],
    version: str,
    progress: TransferProgress | None = None,
) -> Sent:
    """Bring the images that the target lacks there, prove them by id, tag them; return what was sent.

    ``wanted``: the images of this machine by service. They are tagged ``NAME:VERSION`` on the target, which
    keeps ``docker image prune`` from them and shows a person what they are; ``NAME`` itself is left alone.
    ``progress`` hears how many bytes of layers are through, as they are unpacked, and when the target loads.
    Raises GonogoError when an image does not arrive as the one that was sent (incident D2), though it was
    sent twice; the engine keeps nothing of an archive that it did not get to its end.
    """
    ids = sorted({image.id for image in wanted.values()})
    there = identities.listed(connection, identities.counterparts(connection, ids))
    lacking = sorted(set(ids) - there.keys())
    sent = Sent(tuple(lacking), ids=there)
    if lacking:
        _bring(connection, lacking, sent, progress or TransferProgress())
    tag(connection, wanted, version, sent.ids)
    return sent


def tag(connection: Connection, wanted: Mapping[str, Image], version: str, ids: Mapping[str, str]) -> None:
    """Tag images of the target as those of a release; ``ids``: those there by those here. GonogoError."""
    pairs = sorted({(ids[image.id], tagged(image.name, version)) for image in wanted.values()})
    if pairs:
        connection.check(" && ".join(f"docker tag {shlex.join(pair)}" for pair in pairs), mutates=True)


def _bring(
    connection: Connection,
    ids: Sequence[str],
    sent: Sent,
    progress: TransferProgress,
) -> None:
    """Send images until they are there: at most once again, and once more where layers were missed.

    Nothing of a failed attempt stays.
    """
    before = identities.every(connection)
    while True:
        sieve = Layout()
        try:
            _load(connection, ids, sieve, sent, progress)
        except CommandTimeout:
            raise
        except GonogoError as error:
            _clear(connection, ids, before, sieve.manifests)
            refused = isinstance(error, Refused) and error.in_part
            if refused and (sent.again or sieve.unknown or _LACKS.search(str(error))):
                sent.whole = str(error)
            elif not sent.again and not _FULL.search(str(error)):
                sent.again = str(error)
            elif isinstance(error, ConnectionFailed):
                raise
            else:
                twice = "it was sent twice, and " if sent.again else ""
                raise GonogoError(f"{_cause(connection, error)}; {twice}no image was deployed") from None
        else:
            sent.layers, sent.left_out = sieve.layers, sieve.dropped
            sent.ids |= identities.counterparts(connection, ids)
            return


def _cause(connection: Connection, error: GonogoError) -> str:
    """Return why images did not arrive; that the engine is gone counts more than what was said of them."""
    answered = connection.run("docker version --format '{{.Server.Version}}'", live=True)
    if not answered.ok:
        return str(unreachable(connection.host, answered))
    return f"{connection.host}: {error}" if isinstance(error, Refused) else str(error)


def _clear(
    connection: Connection, ids: Sequence[str], before: Collection[str], manifests: Collection[str]
) -> None:
    """Remove what a failed attempt left of these images; ``before``: what was there. A lost line keeps it.

    ``manifests``: those of the archive. An image that an engine with containerd's store could not unpack is
    in no list, and yet it is there by its manifest's digest.
    """
    with contextlib.suppress(GonogoError):
        ours = set(identities.here(ids).values())
        found = identities.there(connection).items()
        left = {one for one, identity in found if identity in ours} | set(manifests)
        if left := left - set(before):
            connection.run(f"docker image rm -- {shlex.join(sorted(left))}", mutates=True)


def _load(
    connection: Connection, ids: Sequence[str], sieve: Layout, sent: Sent, progress: TransferProgress
) -> None:
    def asked() -> Layout:
        found = images.local(ids)
        wanted, needed = [image.layers for image in found.values()], None
        if not sent.whole:
            kept = layers.there(connection, wanted)
            sieve.leave(wanted, kept)
            needed = kept.lacks(wanted)
        progress.phase(SENDING, _unpacked(ids, found, needed))
        return sieve

    with Archive(ids, sieve=asked) as archive:

        def counted(size: int) -> None:
            sent.bytes += size
            progress.reached(archive.bytes)

        def ended() -> None:
            progress.complete()
            progress.phase(LOADING)

        try:
            result = connection.stream(LOAD, stdin=gzipped(archive, ended), on_bytes=counted)
        except GonogoError as error:
            if sieve.unknown:
                raise Refused(str(error), True) from None
            raise
    in_part = sieve.dropped > 0
    if not result.ok:
        raise Refused(f"docker load failed: {explained(result.error_text)}", in_part)
    arrived = identities.counterparts(connection, ids, sieve.manifests)
    if missing := sorted(set(ids) - identities.listed(connection, arrived).keys()):
        # An engine with containerd's store takes for loaded what it has not all content of.
        how = "is not there whole: layers were not found" if arrived.keys() & set(missing) else "is not there"
        raise Refused(f"docker load ended well, and yet {', '.join(missing)} {how}", in_part)


def _unpacked(
    ids: Sequence[str], found: Mapping[str, images.ImageInfo], needed: Collection[str] | None
) -> int:
    """Return about how many bytes the layers are that are sent, all or those ``needed``; 0 if unknown."""
    told = sized.local(ids)
    each: dict[str, int] = {}
    for one in ids:
        if one in found and one in told:
            each |= sized.by_digest(told[one], found[one].layers)
    return sum(size for digest, size in each.items() if needed is None or digest in needed)
