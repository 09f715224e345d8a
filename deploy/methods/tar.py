"""The tar method: whole images, by id, streamed over the connection into ``docker load``."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping

from deploy.archive import Archive
from deploy.connection import Connection
from deploy.errors import GonogoError
from deploy.probes import images
from deploy.release import Image, tagged

PULL_TIMEOUT_S = 1800.0


def send(
    connection: Connection,
    wanted: Mapping[str, Image],
    version: str,
    on_bytes: Callable[[int], None] | None = None,
) -> list[str]:
    """Bring the images that the target lacks there, prove them by id, tag them; return the ids sent.

    ``wanted``: the images of this machine by service. They are tagged ``NAME:VERSION`` on the target, which
    keeps ``docker image prune`` from them and shows a person what they are; ``NAME`` itself is left alone.
    Raises GonogoError when an image does not arrive as the one that was sent (incident D2).
    """
    ids = sorted({image.id for image in wanted.values()})
    lacking = sorted(set(ids) - set(images.images(connection, ids)))
    if lacking:
        with Archive(lacking) as archive:
            result = connection.stream("docker load -q", stdin=archive, on_bytes=on_bytes)
        if not result.ok:
            last = (result.error_text.strip() or "it said nothing").splitlines()[-1]
            raise GonogoError(f"{connection.host}: docker load failed: {last}")
        arrived = images.images(connection, lacking)
        if missing := sorted(set(lacking) - set(arrived.values())):
            raise GonogoError(
                f"{connection.host}: docker load ended well, and yet {', '.join(missing)} is not there: "
                "nothing was deployed"
            )
    for image in wanted.values():
        tag = shlex.quote(tagged(image.name, version))
        connection.check(f"docker tag {shlex.quote(image.id)} {tag}", mutates=True)
    return lacking


def pull(connection: Connection, name: str) -> None:
    """Have the target pull an image; raises GonogoError."""
    connection.check(f"docker pull -q -- {shlex.quote(name)}", timeout=PULL_TIMEOUT_S, mutates=True)
