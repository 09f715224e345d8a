"""Pulling on the target, with its own logins or with one that no machine keeps."""

from __future__ import annotations

import contextlib
import io
import shlex
import time
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from gonogo.deploy.compose.image_name import split
from gonogo.deploy.errors import GonogoError, explained
from gonogo.deploy.redaction.redactor import Redactor
from gonogo.deploy.ssh.connection import Connection
from gonogo.deploy.ssh.transcript import Entry
from gonogo.deploy.transfer.client import Given
from gonogo.deploy.transfer.progress import TransferProgress

if TYPE_CHECKING:
    from gonogo.deploy.host.logins import Login

TIMEOUT_S = 3600.0
PULLING = "pulling"
NO_LOGIN, NO_PULL = 3, 4
ALIVE = "docker version --format '{{.Server.Version}}'"


def line(names: Iterable[str], host: str = "", user: str = "") -> str:
    """Return the shell line that pulls images; with ``user``, the password is on its standard input.

    The login to the registry ``host`` is kept in a folder of its own, which is gone when the line ends,
    however it does.
    """
    # With something to read from, Docker would ask for a login that is missing, and wait for ever.
    each = (
        f"for name in {shlex.join(sorted(set(names)))}; do "
        f'docker pull -q -- "$name" </dev/null || exit {NO_PULL}; done'
    )
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
    names: Collection[str],
    progress: TransferProgress | None = None,
    *,
    host: str = "",
    given: Given | None = None,
) -> None:
    """Have the target pull images; raises GonogoError with what Docker said last.

    ``host`` and ``given``: the registry and the login for it, else the target's own logins hold. Where the
    target's Docker client alone has these, or alone reaches the engine, it pulls, and ``progress`` is warned
    that no bytes are told.
    """
    progress = progress or TransferProgress()
    try:
        _by_sdk(connection, names, progress, host, given)
    except _NoSdk as error:
        why = connection.redact(f"{connection.host}: {error}")
        progress.warn(f"{why}: Docker's client pulls there, which tells no bytes")
        progress.phase(PULLING)
        _by_client(connection, names, host, given)


class _NoSdk(GonogoError):
    """The SDK cannot do it; the message tells why. Nothing was pulled."""


def _by_sdk(
    connection: Connection,
    names: Collection[str],
    progress: TransferProgress,
    host: str,
    given: Given | None,
) -> None:
    # It takes long to import, and no other way needs it.
    from gonogo.deploy.host.docker_sdk import target_engine  # noqa: PLC0415
    from gonogo.deploy.host.logins import Login  # noqa: PLC0415
    from gonogo.deploy.transfer import engine_api, target_client  # noqa: PLC0415

    client = target_client.ask(connection)
    try:
        socket, login = client.socket, Login(given.user, given.password) if given else None
        logins = {name: login or client.login(split(name)[0]) for name in names}
        engine = target_engine(connection, socket)
    except (GonogoError, ValueError) as error:
        connection.run(ALIVE, live=True)  # what fails for a connection that is lost is told as that
        raise _NoSdk(str(error).removeprefix(f"{connection.host}: ")) from None
    deadline = time.monotonic() + TIMEOUT_S
    with contextlib.closing(engine):
        for name, held in sorted(logins.items()):
            progress.phase(PULLING)
            begun, said, status = time.monotonic(), "interrupted", None
            try:
                engine_api.pull(engine, name, held, progress, max(1.0, deadline - begun))
                said, status = "", 0
            except GonogoError as error:
                said, status = _worded(connection, error, held), 1
                at = f" for {host}" if host else ""
                raise GonogoError(f"{connection.host}: docker pull{at} failed: {said}") from None
            finally:
                took = time.monotonic() - begun
                connection.transcript.add(Entry(f"docker pull {name}", status, said, took, mutates=True))


def _worded(connection: Connection, error: GonogoError, held: Login | None) -> str:
    """Return why a pull failed; raises ConnectionFailed where it was the connection."""
    from gonogo.deploy.transfer.engine_api import BrokeOff  # noqa: PLC0415

    said = connection.redact(Redactor([held.password, held.token] if held else [])(str(error)))
    if isinstance(error, BrokeOff) and not connection.run(ALIVE, live=True).ok:
        said += ": the engine does not answer any more"
    return said


def _by_client(connection: Connection, names: Collection[str], host: str, given: Given | None) -> None:
    secret = io.BytesIO(given.password.encode()) if given else None
    command = line(names, host, given.user if given else "")
    result = connection.stream(command, stdin=secret, timeout=TIMEOUT_S)
    if not result.ok:
        what = "docker login" if result.exit_status == NO_LOGIN else "docker pull"
        at = f" for {host}" if host else ""
        said = explained(result.error_text, result.text)
        raise GonogoError(connection.redact(f"{connection.host}: {what}{at} failed: {said}"))
