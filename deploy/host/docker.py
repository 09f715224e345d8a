"""Why a docker command got no answer from an engine, in one sentence, with the check that fails for it."""

from __future__ import annotations

import re

from gonogo.deploy.errors import Unknown, cause, remedy
from gonogo.deploy.ssh.connection import Connection, Result

CLIENT = "docker --version"
THROWAWAY = "gonogo.throwaway"
"""The label of containers and networks that are ours and no part of a stack."""
PODMAN = '"Podman Engine"'
"""The component that podman's service names of itself, in answer to ``docker version``."""
# As the engine says it (moby, api/server/middleware/version.go), whatever was asked.
_API = re.compile(r"client version (\S+) is too (old|new)\. M\w+ supported API version is ([\d.]+)")

_SOCKET = re.compile(
    r"permission denied while trying to connect|dial unix \S+ .*permission denied", re.IGNORECASE
)


def version(text: str) -> tuple[int, ...]:
    """Return the numbers with which a version begins, such as (20, 10, 24); empty when there are none."""
    match = re.match(r"v?(\d+(?:\.\d+)*)", text.strip())
    return tuple(int(part) for part in match[1].split(".")) if match else ()


def unreachable(host: str, result: Result) -> Unknown:
    """Return one sentence for a docker command that did not reach the engine, with the check that fails."""
    words = result.error_text
    if missing(result):
        return Unknown(
            "docker.engine",
            f"{host}: there is no `docker` command: install Docker Engine and its Compose v2 plugin there",
        )
    if _SOCKET.search(words):
        return Unknown(
            "docker.access",
            f"{host}: the login may not use the Docker socket: run `sudo usermod -aG docker USER` there and "
            "log in again (sudo in front of docker is not supported, since its password cannot be asked)",
        )
    if match := _API.search(words):
        given, how, bound = match.groups()
        most = "the engine takes none below" if how == "old" else "the engine knows none above"
        return Unknown(
            "docker.healthy",
            f"{host}: the `docker` command there asks in API version {given}, and {most} {bound}: unset "
            "DOCKER_API_VERSION there if it is set, else install command and engine of the same release",
        )
    if re.search("Cannot connect to the Docker daemon|failed to connect to the docker API", words):
        return Unknown(
            "docker.healthy",
            f"{host}: the Docker Engine does not run: start it with `sudo systemctl start docker` and read "
            "`journalctl -u docker` for why it stopped",
        )
    line = cause(words, result.text)
    return Unknown("docker.healthy", f"{host}: docker does not answer: {line}", remedy(line))


def podman(connection: Connection, failed: Result) -> Unknown | None:
    """Return why ``docker`` failed where it is podman's, as of the package podman-docker; None else."""
    result = None if missing(failed) else connection.run(CLIENT)
    if result is None or "podman" not in result.text.lower():
        return None
    return unsupported(connection.host, f"the `docker` command there is podman's ({result.text.strip()})")


def unsupported(host: str, why: str) -> Unknown:
    """Return one sentence for what stands in for Docker Engine."""
    return Unknown(
        "docker.engine",
        f"{host}: {why}, which is not supported: install Docker Engine there, and remove what stands in "
        "for it",
    )


def missing(result: Result) -> bool:
    """Return whether there was no ``docker`` command."""
    return result.exit_status == 127  # sh(1): a command that was not found
