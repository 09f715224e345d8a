"""Push and pull by Docker's SDK, which tells how far they are."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import docker

from gonogo.deploy.compose.image_name import HUB, split
from gonogo.deploy.errors import CommandTimeout, GonogoError, cause
from gonogo.deploy.host.docker_sdk import FAULTS
from gonogo.deploy.host.logins import Login
from gonogo.deploy.transfer.client import TIMEOUT_S
from gonogo.deploy.transfer.progress import Event, TransferProgress, follow

Events = Iterator[Event]


class BrokeOff(GonogoError):
    """The engine's answer ended before its end; the message names the kind of the fault."""


def push(
    engine: docker.DockerClient,
    name: str,
    login: Login | None,
    progress: TransferProgress,
    limit: float = TIMEOUT_S,
) -> str:
    """Have an engine push the image that it knows as ``name``; return the digest, "" where none was told.

    ``limit``: seconds that it may take. Raises GonogoError with what the engine said, BrokeOff,
    CommandTimeout.
    """

    def begin() -> Events:
        return iter(engine.api.push(name, stream=True, decode=True, auth_config=header(name, login)))

    return _followed(engine, f"docker push {name}", begin, progress, limit)


def pull(
    engine: docker.DockerClient,
    name: str,
    login: Login | None,
    progress: TransferProgress,
    limit: float = TIMEOUT_S,
) -> None:
    """Have an engine pull an image; else as ``push``."""

    def begin() -> Events:
        return iter(engine.api.pull(name, stream=True, decode=True, auth_config=header(name, login)))

    _followed(engine, f"docker pull {name}", begin, progress, limit)


def header(name: str, login: Login | None) -> dict[str, str]:
    """Return what the engine is told for a login; it is never None, or the SDK would take one of its own.

    An engine with containerd's store uses it for the registry alone that ``serveraddress`` names.
    """
    if login is None:
        return {}
    host = split(name)[0]
    given = {"serveraddress": docker.auth.INDEX_URL if host == HUB else host}
    if login.token:
        return {**given, "identitytoken": login.token}
    return {**given, "username": login.user, "password": login.password}


def _followed(
    engine: docker.DockerClient,
    what: str,
    begin: Callable[[], Events],
    progress: TransferProgress,
    limit: float,
) -> str:
    engine.api.timeout, deadline = limit, time.monotonic() + limit
    timer = threading.Timer(limit, engine.api.cut_off)
    timer.daemon = True
    timer.start()
    try:
        return follow(begin(), progress)
    except docker.errors.APIError as error:
        raise GonogoError(cause(str(error.explanation or ""))) from None
    except (*FAULTS, ValueError) as error:
        if time.monotonic() >= deadline:
            raise CommandTimeout(f"`{what}` did not end within {limit:g} s") from None
        raise BrokeOff(f"the engine's answer broke off ({type(error).__name__})") from None
    finally:
        timer.cancel()
        engine.api.cut_off()
