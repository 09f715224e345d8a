"""Pulling on the target, with its own logins or with one that is gone again when the pull has ended."""

from __future__ import annotations

import io
import shlex
from collections.abc import Iterable

from gonogo.deploy.connection import Connection
from gonogo.deploy.errors import GonogoError
from gonogo.deploy.methods.client import Given, last_line
from gonogo.deploy.methods.meter import Meter

TIMEOUT_S = 3600.0
NO_LOGIN, NO_PULL = 3, 4

# Docker tells bytes on a terminal alone; script(1) of util-linux has one, others know other options. With a
# terminal to read from, too, Docker would ask for a login that is missing, and wait for ever.
DRAWN = (
    "pull() { if script --version 2>/dev/null | grep -q util-linux; then "
    "IMAGE=$1 SHELL=/bin/sh TERM=dumb "
    "script -qec 'docker pull -- \"$IMAGE\" </dev/null' /dev/null </dev/null; "
    'else docker pull -- "$1" </dev/null; fi; }; '
)


def line(names: Iterable[str], host: str = "", user: str = "") -> str:
    """Return the shell line that pulls images; with ``user``, the password is on its standard input.

    The login to the registry ``host`` is kept in a folder of its own, which is gone when the line ends,
    however it does.
    """
    each = f'{DRAWN}for name in {shlex.join(sorted(set(names)))}; do pull "$name" || exit {NO_PULL}; done'
    if not user:
        return each
    words = f"docker login -u {shlex.quote(user)} --password-stdin {shlex.quote(host)}"
    leave = f"docker logout {shlex.quote(host)} >/dev/null 2>&1; rm -rf -- $DOCKER_CONFIG"
    # With a registry in it, Docker looks for no helper of the user's to keep the login in.
    empty = shlex.quote(f'{{"auths":{{"{host}":{{}}}}}}')
    return (
        "umask 077; DOCKER_CONFIG=$(mktemp -d) || exit 1; export DOCKER_CONFIG; "
        f"trap '{leave}' EXIT; trap 'exit 1' HUP INT TERM; echo {empty} > $DOCKER_CONFIG/config.json; "
        f'said=$({words} 2>&1) || {{ echo "$said" >&2; exit {NO_LOGIN}; }}; {each}'
    )


def pull(
    connection: Connection,
    names: Iterable[str],
    meter: Meter | None = None,
    *,
    host: str = "",
    given: Given | None = None,
) -> None:
    """Have the target pull images; raises GonogoError with what Docker said last.

    ``host`` and ``given``: the registry and the login for it, else the target's own logins hold. ``meter``
    reads how far it is, where the target can tell it.
    """
    reader = meter or Meter()
    before = len(reader.lines)
    secret = io.BytesIO(given.password.encode()) if given else None
    command = line(names, host, given.user if given else "")
    result = connection.stream(command, stdin=secret, to=reader.feed, timeout=TIMEOUT_S)
    reader.end()
    if not result.ok:
        what = "docker login" if result.exit_status == NO_LOGIN else "docker pull"
        at = f" for {host}" if host else ""
        said = last_line(result.error_text, "\n".join(reader.lines[before:]))
        raise GonogoError(connection.redact(f"{connection.host}: {what}{at} failed: {said}"))
