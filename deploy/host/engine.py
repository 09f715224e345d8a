"""Which Docker Engine a host has, or why it does not answer."""

from __future__ import annotations

import json
from dataclasses import dataclass

from gonogo.deploy.errors import Unknown, cause
from gonogo.deploy.host.answers import asked
from gonogo.deploy.host.docker import PODMAN, podman, unreachable, unsupported
from gonogo.deploy.host.noun import Noun

# The folder of the data comes last, on a line of its own, so that the shell can take it from there. What is
# asked of that folder may fail, in sight of nobody: it can lie where the login may not look. Of some mounts
# on one place, findmnt(8) tells the top one last.
INFO = (
    '{"driver":{{json .Driver}},"status":{{json .DriverStatus}},"security":{{json .SecurityOptions}},'
    '"cpus":{{.NCPU}},"memory":{{.MemTotal}},"logging":{{json .Plugins.Log}},'
    '"swarm":"{{.Swarm.LocalNodeState}}","manager":{{.Swarm.ControlAvailable}},'
    '"runtimes":"{{range $name, $_ := .Runtimes}}{{$name}} {{end}}"}'
    '{{"\\n"}}{{.DockerRootDir}}'
)
SNAPSHOTTER = ["driver-type", "io.containerd.snapshotter.v1"]
"""What an engine says of its storage driver where it keeps its images in containerd."""
GPU_PROGRAMS = "nvidia-container-runtime-hook nvidia-cdi-hook nvidia-ctk"
"""Of NVIDIA's container toolkit, of which the engine looks for the first when it starts."""
GPU_RUNTIMES = {"nvidia", "amd"}
ENGINE = (
    "docker version --format '{{json .Server}}' && "
    f"told=$(docker info --format '{INFO}') && "
    """printf '%s\\n' "$told" && { root=$(printf '%s\\n' "$told" | tail -n 1); """
    """echo "room $(stat -f -c '%f %S %d %c' -- "$root")"; """
    """echo "mounted $(findmnt -n -o OPTIONS -T "$root" | tail -n 1)"; """
    """echo "lowest $(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)"; """
    f"""echo "gpu $(for one in {GPU_PROGRAMS}; do command -v $one; done | head -n 1)"; }} 2>/dev/null"""
)
ROOTLESS = (
    "a rootless engine, whose containers have addresses that cannot be reached from the host: what the "
    "target file declares in [mongodb] can neither be compared nor backed up there"
)


@dataclass(frozen=True)
class EngineInfo:
    """A Docker Engine: its version, its API version, its platform such as ``linux/amd64``.

    ``driver``: its storage driver. ``containerd``: it keeps its images in containerd's store. ``root``:
    where it keeps its data; ``free`` bytes and ``inodes`` are left there for it, None where that is not known
    or nobody counts. ``lowest_port``: the lowest port that it may bind, which is 0 unless it is rootless.
    ``cpus``, ``memory`` in bytes: what it can give to containers; ``runtimes``, ``log_drivers``: their names.
    ``gpus``: something is installed that gives GPUs to containers. ``worker``: it is a swarm's, and no
    manager, and knows an overlay network only while one of its containers is in it.
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
    cpus: int = 0
    memory: int = 0
    runtimes: tuple[str, ...] = ()
    log_drivers: tuple[str, ...] = ()
    gpus: bool = False
    worker: bool = False


LOG_PLUGINS = "docker plugin ls --filter capability=logdriver --filter enabled=true --format '{{.Name}}'"


class Engine(Noun):
    """The Docker Engine of a host.

    >>> host.engine.version
    '26.1.5'
    >>> host.engine.root
    '/var/lib/docker'
    """

    @asked("docker.healthy")
    def info(self) -> EngineInfo:
        """All that is known of the engine, in one answer; raises Unknown that tells why it gives none."""
        result = self.connection.run(ENGINE)
        if not result.ok or not result.text.strip():
            raise podman(self.connection, result) or unreachable(self.machine, result)
        if PODMAN in result.text.splitlines()[0]:
            raise unsupported(self.machine, "podman's service answers on the Docker socket")
        try:
            return parse(result.text)
        except (ValueError, KeyError, TypeError):
            raise Unknown(
                "docker.engine",
                f"{self.machine}: `docker` there is not Docker's ({cause(result.text)[:80]}): install Docker "
                "Engine, what stands in for it will not do",
            ) from None

    @asked("docker.healthy")
    def log_plugins(self) -> list[str]:
        """The log drivers that are plugins of it and enabled: `docker info` lists its own ones alone."""
        result = self.connection.run(LOG_PLUGINS)
        return result.text.split() if result.ok else []

    @property
    def version(self) -> str:
        """Its version, such as ``26.1.5``."""
        return self.info.version

    @property
    def platform(self) -> str:
        """Its platform, such as ``linux/amd64``."""
        return self.info.platform

    @property
    def driver(self) -> str:
        """Its storage driver, such as ``overlay2``."""
        return self.info.driver

    @property
    def containerd(self) -> bool:
        """Whether it keeps its images in containerd's store."""
        return self.info.containerd

    @property
    def root(self) -> str:
        """Where it keeps its data."""
        return self.info.root

    @property
    def rootless(self) -> bool:
        """Whether a user runs it who is not root."""
        return self.info.rootless


def parse(text: str) -> EngineInfo:
    """Return what ENGINE printed; raises ValueError, KeyError or TypeError for anything else."""
    server, info, root, *rest = text.splitlines()
    version, told = json.loads(server), json.loads(info)
    if not root.startswith("/"):
        raise ValueError(root)
    also = {name: value for name, _, value in (line.partition(" ") for line in rest)}
    rootless = any(str(one).startswith("name=rootless") for one in told["security"] or [])
    free, inodes = _room(also.get("room", ""))
    runtimes = tuple(str(told.get("runtimes") or "").split())
    lowest = also.get("lowest", "").strip()
    return EngineInfo(
        version=version["Version"],
        api=version["ApiVersion"],
        platform=f"{version['Os']}/{version['Arch']}",
        driver=told["driver"],
        root=root,
        rootless=rootless,
        lowest_port=int(lowest) if rootless and lowest.isdecimal() else 0,
        read_only=free is not None and also.get("mounted", "").split(",")[0].strip() == "ro",
        free=free,
        inodes=inodes,
        containerd=SNAPSHOTTER in (told.get("status") or []),
        cpus=int(told.get("cpus") or 0),
        memory=int(told.get("memory") or 0),
        runtimes=runtimes,
        log_drivers=tuple(str(one) for one in told.get("logging") or []),
        worker=told.get("swarm") == "active" and not told.get("manager"),
        gpus=bool(also.get("gpu", "").strip() or GPU_RUNTIMES.intersection(runtimes)),
    )


def _room(text: str) -> tuple[int | None, int | None]:
    """Return free bytes, also those kept for root, and free inodes, of which some filesystems have none."""
    words = text.split()
    if len(words) != 4 or not all(word.isdecimal() for word in words):
        return None, None
    blocks, size, inodes, all_inodes = map(int, words)
    return blocks * size, inodes if all_inodes else None
