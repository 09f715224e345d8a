"""Which Docker Engine and which Compose the target has, or why they do not answer."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from deploy.connection import Connection, Result
from deploy.errors import GonogoError

ENGINE = "docker version --format '{{json .Server}}'"
COMPOSE = "docker compose version --short"
ROOT = "docker info --format '{{.DockerRootDir}}'"


@dataclass(frozen=True)
class Engine:
    """A Docker Engine: its version, its API version, its platform such as ``linux/amd64``."""

    version: str
    api: str
    platform: str


def engine(connection: Connection) -> Engine:
    """Return the target's engine; raises GonogoError that tells why it does not answer."""
    result = connection.run(ENGINE)
    if not result.ok or not result.text.strip().startswith("{"):
        raise GonogoError(refusal(connection.host, result))
    return parse_engine(result.text)


def parse_engine(text: str) -> Engine:
    """Return what ``docker version`` printed of its server."""
    server = json.loads(text)
    return Engine(server["Version"], server["ApiVersion"], f"{server['Os']}/{server['Arch']}")


def compose(connection: Connection) -> str:
    """Return the version of the target's ``docker compose``; raises GonogoError when it has none."""
    result = connection.run(COMPOSE)
    if not result.ok or not version(result.text):
        raise GonogoError(
            f"{connection.host}: `docker compose` does not work there ({_last(result)}): install the Compose "
            "v2 plugin (the package docker-compose-plugin), the old `docker-compose` will not do"
        )
    return result.text.strip().removeprefix("v")


def root(connection: Connection) -> str:
    """Return the folder in which the target's engine keeps its data; raises GonogoError."""
    result = connection.run(ROOT)
    name = result.text.strip()
    if not result.ok or not name.startswith("/"):
        raise GonogoError(refusal(connection.host, result))
    return name


def version(text: str) -> tuple[int, ...]:
    """Return the numbers with which a version begins, such as (20, 10, 24); empty when there are none."""
    found = re.match(r"v?(\d+(?:\.\d+)*)", text.strip())
    return tuple(int(part) for part in found[1].split(".")) if found else ()


def refusal(host: str, result: Result) -> str:
    """Return one sentence for a docker command that did not reach the engine."""
    words = result.error_text
    if result.exit_status == 127:
        return f"{host}: there is no `docker` command: install Docker Engine and its Compose v2 plugin there"
    if "permission denied" in words.lower():
        return (
            f"{host}: the login may not use the Docker socket: run `sudo usermod -aG docker USER` there and "
            "log in again (sudo in front of docker is not supported, since its password cannot be asked)"
        )
    if "Cannot connect to the Docker daemon" in words:
        return (
            f"{host}: the Docker Engine does not run: start it with `sudo systemctl start docker` and read "
            "`journalctl -u docker` for why it stopped"
        )
    return f"{host}: docker does not answer: {_last(result)}"


def _last(result: Result) -> str:
    return (result.error_text.strip() or result.text.strip() or "it said nothing").splitlines()[-1]
