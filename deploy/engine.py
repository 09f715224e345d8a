"""The Docker Engine of a target, through the forwarded socket, and the one of this machine."""

from __future__ import annotations

import shlex

import docker
import requests

from gonogo.deploy.connection import Connection
from gonogo.deploy.errors import GonogoError

SOCKET = "/var/run/docker.sock"

CALL_TIMEOUT_S = 120
"""Seconds that one call to an engine may be silent; building and loading report progress all the time."""

_FAULTS = (docker.errors.DockerException, requests.RequestException, OSError)


def target_engine(connection: Connection, socket: str = SOCKET) -> docker.DockerClient:
    """Return a Docker SDK client for the engine that listens at ``socket`` on the target.

    Raises GonogoError that tells why it does not answer: no socket, no permission, or no engine behind it.
    """
    path = connection.forward_socket(socket)
    try:
        return _client(f"unix://{path}", f"{connection.host}: the Docker Engine there")
    except _FAULTS as error:
        raise GonogoError(f"{connection.host}: {_why(connection, socket)} ({type(error).__name__})") from None


def local_engine() -> docker.DockerClient:
    """Return a Docker SDK client for this machine's engine ($DOCKER_HOST counts); raises GonogoError."""
    try:
        return _client(None, "this machine's Docker Engine")
    except _FAULTS as error:
        last = (str(error).splitlines() or [type(error).__name__])[-1]
        raise GonogoError(
            f"no Docker Engine answers on this machine ({last}): install it, start it, or set DOCKER_HOST"
        ) from None


def _client(base_url: str | None, which: str) -> docker.DockerClient:
    """Return a client that asks in the engine's API version; GonogoError where the SDK knows none so old."""
    try:
        if base_url:
            client = docker.DockerClient(base_url=base_url, timeout=CALL_TIMEOUT_S)
        else:
            client = docker.from_env(timeout=CALL_TIMEOUT_S)
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
