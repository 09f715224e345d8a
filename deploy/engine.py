"""The Docker Engine of a target through the forwarded socket, and the one of this machine."""

from __future__ import annotations

import docker
import requests

from deploy.connection import Connection
from deploy.errors import GonogoError

SOCKET = "/var/run/docker.sock"


def target_engine(connection: Connection, socket: str = SOCKET) -> docker.DockerClient:
    """Return a Docker SDK client for the target's engine; raises GonogoError when it does not answer."""
    path = connection.forwards.socket(socket)
    return _client(
        f"unix://{path}",
        f"the Docker engine of {connection.host} does not answer at {socket}; see that it runs and that the "
        "user is in the group docker",
    )


def local_engine() -> docker.DockerClient:
    """Return a Docker SDK client for this machine's engine (DOCKER_HOST counts); raises GonogoError."""
    return _client(None, "no Docker engine answers on this machine; install Docker, or start its daemon")


def _client(base_url: str | None, trouble: str) -> docker.DockerClient:
    try:
        client = (
            docker.DockerClient(base_url=base_url, timeout=120) if base_url else docker.from_env(timeout=600)
        )
        client.ping()
    except (docker.errors.DockerException, requests.RequestException) as error:
        raise GonogoError(f"{trouble} ({type(error).__name__})") from None
    return client
