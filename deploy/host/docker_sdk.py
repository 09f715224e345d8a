"""The Docker Engine of a target, through the forwarded socket, and the one of this machine."""

from __future__ import annotations

import contextlib
import shlex
from typing import Any

import docker
import requests
import urllib3

from gonogo.deploy.errors import GonogoError
from gonogo.deploy.host.http_session import Session
from gonogo.deploy.host.own_variables import steady
from gonogo.deploy.ssh.connection import Connection

SOCKET = "/var/run/docker.sock"

CALL_TIMEOUT_S = 120
"""Seconds that one call to an engine may be silent; building and loading report progress all the time."""

FAULTS = (docker.errors.DockerException, requests.RequestException, urllib3.exceptions.HTTPError, OSError)
"""What the SDK raises: what it reads of a stream comes from urllib3 as it is."""


class Api(Session, docker.APIClient):  # type: ignore[misc]
    """Docker's SDK, where every call has a limit, and where the last one can be cut off."""

    _answer: Any = None

    def request(self, *args: Any, **kwargs: Any) -> Any:
        """Return the answer of the engine; a call without a limit gets ``timeout``, as a pull of the SDK."""
        kwargs["timeout"] = kwargs.get("timeout") or self.timeout
        self._answer = super().request(*args, **kwargs)
        return self._answer

    def cut_off(self) -> None:
        """End the stream of the last call, from any thread; an engine gives up what nobody listens to."""
        # A stream that has ended meanwhile has no socket, nor has one of an engine at ssh://.
        with contextlib.suppress(AttributeError, OSError, docker.errors.DockerException):
            docker.types.CancellableStream(iter(()), self._answer).close()


class TargetApi(Api):
    """An Api of the target's engine: the headers of the user's own configuration (``HttpHeaders``) stay here.

    They are for this machine's engine, and may hold a secret.
    """

    _general_configs = property(lambda _: {}, lambda *_: None)


class Engine(docker.DockerClient):  # type: ignore[misc]
    """The SDK's client upon such an Api."""

    def __init__(self, api: type[Api] = Api, **how: Any) -> None:
        """Connect as ``docker.APIClient`` does."""
        self.api = api(**how)


def target_engine(connection: Connection, socket: str = SOCKET) -> docker.DockerClient:
    """Return a Docker SDK client for the engine that listens at ``socket`` on the target.

    Raises GonogoError that tells why it does not answer: no socket, no permission, or no engine behind it.
    """
    path = connection.forward_socket(socket)
    try:
        return _client(f"unix://{path}", f"{connection.host}: the Docker Engine there")
    except FAULTS as error:
        raise GonogoError(f"{connection.host}: {_why(connection, socket)} ({type(error).__name__})") from None


def local_engine() -> docker.DockerClient:
    """Return a Docker SDK client for this machine's engine, the one that Docker's client uses here.

    $DOCKER_HOST, $DOCKER_CONTEXT and the user's own context count. Raises GonogoError.
    """
    try:
        return _client(None, "this machine's Docker Engine")
    except FAULTS as error:
        last = (str(error).splitlines() or [type(error).__name__])[-1]
        raise GonogoError(
            f"no Docker Engine answers on this machine ({last}): install it, start it, or set DOCKER_HOST"
        ) from None


def _client(base_url: str | None, which: str) -> docker.DockerClient:
    """Return a client that asks in the engine's API version; GonogoError where the SDK knows none so old."""
    try:
        if base_url:
            client = Engine(TargetApi, base_url=base_url, timeout=CALL_TIMEOUT_S)
        else:
            client = steady(lambda: Engine.from_env(timeout=CALL_TIMEOUT_S))
    except docker.errors.InvalidVersion:
        least = docker.constants.MINIMUM_DOCKER_API_VERSION
        raise GonogoError(
            f"{which} is older than API version {least}, the first that gonogo can ask it in: upgrade it"
        ) from None
    try:
        client.ping()
    except BaseException:
        client.close()
        raise
    return client


def _why(connection: Connection, socket: str) -> str:
    name = shlex.quote(socket)
    probe = f"id -un; test -S {name} || echo none; test -w {name} || echo denied; echo there"
    user, state = connection.check(probe).text.split()[:2]
    if state == "none":
        return f"there is no Docker socket at {socket}: install Docker Engine there, or start it"
    if state == "denied":
        return f"the user {user} may not use {socket}: run `sudo usermod -aG docker {user}` there, try again"
    return (
        f"no Docker Engine answers behind {socket}: start it (`sudo systemctl start docker`), or, if it "
        "runs, set AllowStreamLocalForwarding to yes in sshd_config"
    )
