"""What an image is, whatever engine has it: the same answer of the target's engine and of this machine's.

An image's id is no such thing. In the classic store it is the digest of the image's configuration; where the
engine keeps images in containerd, which new installations of Docker 29 do, that of its manifest or index
(Docker's image specification 1.2; OCI image index). Both hold the same layers and configuration.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Collection, Iterable

from gonogo.deploy.errors import CommandTimeout, GonogoError
from gonogo.deploy.host import images, local
from gonogo.deploy.host.docker import unreachable
from gonogo.deploy.ssh.connection import Connection

TIMEOUT_S = 60
PARTS = (
    *("User", "Env", "Entrypoint", "Cmd", "WorkingDir", "ExposedPorts", "Volumes", "Labels"),
    *("StopSignal", "Healthcheck", "OnBuild", "Shell"),
)
"""What of an image's configuration says what a container of it is. What is empty counts as missing."""
_CONFIG = "".join(f"{{{{with .{part}}}}}{part} {{{{json .}}}} {{{{end}}}}" for part in PARTS)
FORM = (
    "{{.ID}} {{.Created}} {{.Os}} {{.Architecture}} {{.Variant}} {{json .RootFS.Layers}} "
    f"{{{{with .Config}}}}{_CONFIG}{{{{end}}}}"
)
# The variables of an image may be secret, so only a digest of it all leaves the machine.
DIGEST = (
    "while IFS= read -r line; do "
    'printf "%s %s\\n" "${line%% *}" "$(printf "%s" "${line#* }" | sha256sum | cut -c -64)"; done'
)
LIST = "docker image ls -aq --no-trunc"
# What containers are made of may be in no list: an engine with containerd's store leaves out images of which
# it has not all content, as after a pull whose lower layers were there in another form.
ALL = (
    f'listed=$({LIST}) && {{ echo "$listed"; docker ps -aq --no-trunc | '
    "xargs -r docker inspect --type container --format '{{.Image}}' 2>/dev/null; } | sort -u | xargs -r"
)
TRIES = 5
PAUSE_S = 1.0


def command(ids: Collection[str] | None) -> str:
    """Return the shell line that prints id and identity of images, one a line; None: of all of them."""
    asked = f"docker image inspect --format {shlex.quote(FORM)} --"
    asking = f"{ALL} {asked}" if ids is None else f"{asked} {shlex.join(sorted(set(ids)))}"
    return f"{asking} 2>/dev/null | {DIGEST}"


def parse(text: str) -> dict[str, str]:
    """Return the identity of each image by its id."""
    rows = [line.split() for line in text.splitlines()]
    return {row[0]: row[1] for row in rows if len(row) == 2 and row[0].startswith("sha256:")}


def there(connection: Connection) -> dict[str, str]:
    """Return the identities of all images of the target by id; raises GonogoError."""
    return parse(_answered(connection, command(None)))


def here(ids: Collection[str] | None, by: Connection | None = None) -> dict[str, str]:
    """Return the identities of images of this machine by id (None: of all); raises GonogoError.

    ``by``: the way to it, where what is asked is evidence.
    """
    if ids is not None and not ids:
        return {}
    try:
        return parse((by or local.here()).run(command(ids), timeout=TIMEOUT_S).text)
    except CommandTimeout:
        raise GonogoError(f"this machine's Docker Engine does not answer within {TIMEOUT_S} s") from None


def counterparts(
    connection: Connection, ids: Iterable[str], named: Collection[str] = (), by: Connection | None = None
) -> dict[str, str]:
    """Return the target's own id of each of these images of this machine, by the id here.

    Those that the target lacks are left out. ``named``: names of the target under which they may be without
    being listed, as just pulled. ``by``: as in ``here``. Raises GonogoError where an engine does not answer.
    """
    asked = set(ids)
    found = images.images(connection, asked) if asked else {}
    rest = asked - found.keys()
    ours = here(rest, by) if rest else {}
    known = there(connection) if ours else {}
    if ours and named:
        known |= parse(connection.run(command(named), live=True).text)
    theirs = {identity: one for one, identity in known.items()}
    return found | {one: theirs[identity] for one, identity in ours.items() if identity in theirs}


def listed(connection: Connection, found: dict[str, str]) -> dict[str, str]:
    """Return those of ``counterparts`` that the target's engine lists; raises GonogoError.

    What an engine with containerd's store could not unpack, or has not all content of, is there by its id and
    in no list.
    """
    ids = every(connection) if found else set()
    return {one: own for one, own in found.items() if own in ids}


def every(connection: Connection) -> set[str]:
    """Return the ids of all images that the target's engine lists; raises GonogoError."""
    return {*_answered(connection, LIST).split()}


def _answered(connection: Connection, line: str) -> str:
    """Return what a question for all images printed; raises GonogoError where it fails again and again.

    An engine with containerd's store fails it where an image goes while it looks, or it is very busy.
    """
    for _ in range(TRIES - 1):
        result = connection.run(line, live=True)
        if result.ok:
            return result.text
        time.sleep(PAUSE_S)
    result = connection.run(line, live=True)
    if not result.ok:
        raise unreachable(connection.host, result)
    return result.text
