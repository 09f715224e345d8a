"""How large the layers of images are; the same question for the target's engine and for this machine's."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence

from gonogo.deploy.errors import CommandTimeout
from gonogo.deploy.host.local import here
from gonogo.deploy.ssh.connection import Connection

FORM = "{{.CreatedAt}}\t{{.Size}}\t{{json .CreatedBy}}"
MARK = "image "
TIMEOUT_S = 60

Layers = dict[str, dict[str, int]]
"""By image id: the bytes of each layer, unpacked, by what made it and when, which tells layers apart."""


def layers(connection: Connection, ids: Iterable[str], timeout: float | None = None) -> Layers:
    """Return the layers of images of a host; those that it does not have are left out."""
    line = command(ids)
    return parse(connection.run(line, timeout=timeout).text) if line else {}


def local(ids: Iterable[str]) -> Layers:
    """Return the layers of images of this machine; those that it does not have are left out."""
    try:
        return layers(here(), ids, TIMEOUT_S)
    except CommandTimeout:
        return {}


def command(ids: Iterable[str]) -> str:
    """Return the shell line that tells the layers of images; empty for none."""
    asked = sorted(set(ids))
    if not asked:
        return ""
    history = f'docker history --no-trunc --human=false --format {shlex.quote(FORM)} "$id" 2>/dev/null'
    return f'for id in {shlex.join(asked)}; do echo "{MARK}$id"; {history}; done'


def parse(text: str) -> Layers:
    """Return what ``command`` printed, without images of which nothing was said."""
    found: Layers = {}
    for line in text.split("\n"):
        if line.startswith(MARK):
            own = found[line.removeprefix(MARK)] = {}
        elif found and line.count("\t") >= 2:
            made, size, by = line.split("\t", 2)
            own[f"{made} {by}"] = int(size)
    return {id_: own for id_, own in found.items() if own}


def by_digest(told: Mapping[str, int], digests: Sequence[str]) -> dict[str, int]:
    """Return the bytes of an image's layers by their digests, the lowest first; about, where some are empty.

    A history has an entry for what makes no layer as well, and does not say which; all these are empty.
    """
    sizes = [size for size in told.values() if size][: len(digests)]
    return dict.fromkeys(digests, 0) | dict(zip(reversed(digests), sizes, strict=False))


def together(layers: Layers, ids: Collection[str]) -> int:
    """Return the bytes of all layers of some images, what they share counted once."""
    all_ = {key: size for id_ in ids for key, size in layers[id_].items()}
    return sum(all_.values())
