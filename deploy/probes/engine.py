"""Which Docker Engine and which Compose the target has, or why they do not answer."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from gonogo.deploy.connection import Connection, Result
from gonogo.deploy.errors import Unknown

# The folder of the data comes last, on a line of its own, so that the shell can take it from there. What is
# asked of that folder may fail, in sight of nobody: it can lie where the login may not look. Of some mounts
# on one place, findmnt(8) tells the top one last.
INFO = (
    '{"driver":{{json .Driver}},"status":{{json .DriverStatus}},"security":{{json .SecurityOptions}}}'
    '{{"\\n"}}{{.DockerRootDir}}'
)
SNAPSHOTTER = ["driver-type", "io.containerd.snapshotter.v1"]
"""What an engine says of its storage driver where it keeps its images in containerd."""
ENGINE = (
    "docker version --format '{{json .Server}}' && "
    f"told=$(docker info --format '{INFO}') && "
    """printf '%s\\n' "$told" && { root=$(printf '%s\\n' "$told" | tail -n 1); """
    """echo "room $(stat -f -c '%f %S %d %c' -- "$root")"; """
    """echo "mounted $(findmnt -n -o OPTIONS -T "$root" | tail -n 1)"; """
    """echo "lowest $(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)"; } 2>/dev/null"""
)
COMPOSE = "docker compose version --short"
CLIENT = "docker --version"
PODMAN = '"Podman Engine"'
"""The component that podman's service names of itself, in answer to ``docker version``."""
ROOTLESS = (
    "a rootless engine, whose containers have addresses that cannot be reached from the host: what the "
    "target file declares in [mongodb] can neither be compared nor backed up there"
)
# As the engine says it (moby, api/server/middleware/version.go), whatever was asked.
_API = re.compile(r"client version (\S+) is too (old|new)\. M\w+ supported API version is ([\d.]+)")


@dataclass(frozen=True)
class Engine:
    """A Docker Engine: its version, its API version, its platform such as ``linux/amd64``.

    ``driver``: its storage driver. ``containerd``: it keeps its images in containerd's store. ``root``:
    where it keeps its data; ``free`` bytes and ``inodes`` are left there for it, None where that is not known
    or nobody counts. ``lowest_port``: the lowest port that it may bind, which is 0 unless it is rootless.
    """

    version: str
    api: str
    platform: str
    driver: str = ""
    root: str = ""
    rootless: bool = False
    lowest_port: int = 0
    read_only: bool = False
    free: int | None = None
    inodes: int | None = None
    containerd: bool = False


def engine(connection: Connection) -> Engine:
    """Return the target's engine; raises Unknown that tells why it does not answer."""
    result = connection.run(ENGINE)
    if not result.ok or not result.text.strip():
        raise _podman(connection, result) or refusal(connection.host, result)
    if PODMAN in result.text.splitlines()[0]:
        raise _unsupported(connection.host, "podman's service answers on the Docker socket")
    try:
        return parse_engine(result.text)
    except (ValueError, KeyError, TypeError):
        raise Unknown(
            "docker.engine",
            f"{connection.host}: `docker` there is not Docker's ({_last(result)[:80]}): install Docker "
            "Engine, what stands in for it will not do",
        ) from None


def parse_engine(text: str) -> Engine:
    """Return what ENGINE printed; raises ValueError, KeyError or TypeError for anything else."""
    server, info, root, *rest = text.splitlines()
    version, told = json.loads(server), json.loads(info)
    if not root.startswith("/"):
        raise ValueError(root)
    also = {name: value for name, _, value in (line.partition(" ") for line in rest)}
    rootless = any(str(one).startswith("name=rootless") for one in told["security"] or [])
    free, inodes = _room(also.get("room", ""))
    lowest = also.get("lowest", "").strip()
    return Engine(
        version=version["Version"],
        api=version["ApiVersion"],
        platform=f"{version['Os']}/{version['Arch']}",
        driver=told["driver"],
        root=root,
        rootless=rootless,
        lowest_port=int(lowest) if rootless and lowest.isdigit() else 0,
        read_only=free is not None and also.get("mounted", "").split(",")[0].strip() == "ro",
        free=free,
        inodes=inodes,
        containerd=SNAPSHOTTER in (told.get("status") or []),
    )


def _room(text: str) -> tuple[int | None, int | None]:
    """Return free bytes, also those kept for root, and free inodes, of which some filesystems have none."""
    words = text.split()
    if len(words) != 4 or not all(word.isdigit() for word in words):
        return None, None
    blocks, size, inodes, all_inodes = map(int, words)
    return blocks * size, inodes if all_inodes else None


def compose(connection: Connection) -> str:
    """Return the version of the target's ``docker compose``; raises Unknown when it has none."""
    result = connection.run(COMPOSE)
    if _missing(result):
        raise refusal(connection.host, result)
    if not result.ok or not version(result.text):
        raise _podman(connection, result) or Unknown(
            "docker.compose",
            f"{connection.host}: `docker compose` does not work there ({_last(result)}): install the Compose "
            "v2 plugin (the package docker-compose-plugin), the old `docker-compose` will not do",
        )
    return result.text.strip().removeprefix("v")


def version(text: str) -> tuple[int, ...]:
    """Return the numbers with which a version begins, such as (20, 10, 24); empty when there are none."""
    found = re.match(r"v?(\d+(?:\.\d+)*)", text.strip())
    return tuple(int(part) for part in found[1].split(".")) if found else ()


def refusal(host: str, result: Result) -> Unknown:
    """Return one sentence for a docker command that did not reach the engine, with the check that fails."""
    words = result.error_text
    if _missing(result):
        return Unknown(
            "docker.engine",
            f"{host}: there is no `docker` command: install Docker Engine and its Compose v2 plugin there",
        )
    if "permission denied" in words.lower():
        return Unknown(
            "docker.access",
            f"{host}: the login may not use the Docker socket: run `sudo usermod -aG docker USER` there and "
            "log in again (sudo in front of docker is not supported, since its password cannot be asked)",
        )
    if told := _API.search(words):
        given, how, bound = told.groups()
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
    return Unknown("docker.healthy", f"{host}: docker does not answer: {_last(result)}")


def _podman(connection: Connection, failed: Result) -> Unknown | None:
    """Return why ``docker`` failed where it is podman's, as of the package podman-docker; None else."""
    told = None if _missing(failed) else connection.run(CLIENT)
    if told is None or "podman" not in told.text.lower():
        return None
    return _unsupported(connection.host, f"the `docker` command there is podman's ({told.text.strip()})")


def _unsupported(host: str, why: str) -> Unknown:
    return Unknown(
        "docker.engine",
        f"{host}: {why}, which is not supported: install Docker Engine there, and remove what stands in "
        "for it",
    )


def _missing(result: Result) -> bool:
    return result.exit_status == 127  # sh(1): a command that was not found


def _last(result: Result) -> str:
    return (result.error_text.strip() or result.text.strip() or "it said nothing").splitlines()[-1]
