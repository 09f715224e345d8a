"""A container as its engine describes it, with Compose's labels on it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from gonogo.deploy.compose import healthcheck
from gonogo.deploy.compose.healthcheck import Healthcheck
from gonogo.deploy.compose.service import Port
from gonogo.deploy.host import docker_names

LABELS = "com.docker.compose"

# Only what is needed: the rest of an inspection holds the environment, and with it the secrets. `index` reads
# the health of a container without a health check too, where `.State.Health` can be an error for docker.
FORM = (
    '{"id":{{json .Id}},"name":{{json .Name}},"image":{{json .Image}},"named":{{json .Config.Image}},'
    '"status":{{json .State.Status}},"exit_code":{{json .State.ExitCode}},'
    '"health":{{with (index .State "Health")}}{{json .Status}}{{else}}""{{end}},'
    '"failing_streak":{{with (index .State "Health")}}{{json .FailingStreak}}{{else}}0{{end}},'
    '"check":{{with (index .Config "Healthcheck")}}{"retries":{{json (index . "Retries")}},'
    '"interval":{{json (index . "Interval")}},"timeout":{{json (index . "Timeout")}},'
    '"start_period":{{json (index . "StartPeriod")}},"start_interval":{{json (index . "StartInterval")}}}'
    "{{else}}null{{end}},"
    '"started":{{json .State.StartedAt}},"created":{{json .Created}},"restarts":{{json .RestartCount}},'
    '"project":{{json (index .Config.Labels "com.docker.compose.project")}},'
    '"service":{{json (index .Config.Labels "com.docker.compose.service")}},'
    '"oneoff":{{json (index .Config.Labels "com.docker.compose.oneoff")}},'
    '"hash":{{json (index .Config.Labels "com.docker.compose.config-hash")}},'
    '"folder":{{json (index .Config.Labels "com.docker.compose.project.working_dir")}},'
    '"files":{{json (index .Config.Labels "com.docker.compose.project.config_files")}},'
    '"restart":{{json .HostConfig.RestartPolicy.Name}},'
    '"ports":{{json .HostConfig.PortBindings}},"bound":{{json .NetworkSettings.Ports}},'
    '"mounts":{{json .Mounts}},"networks":{{json .NetworkSettings.Networks}}}'
)
GIVEN = (
    '{"service":{{json (index .Config.Labels "com.docker.compose.service")}},"running":{{.State.Running}},'
    '"env":{{json .Config.Env}},"entrypoint":{{json .Config.Entrypoint}},"command":{{json .Config.Cmd}}}'
)
ENDING = ("", "no", "on-failure")
"""Restart policies under which a container that ended with status 0 stays ended."""


@dataclass(frozen=True)
class Container:
    """One container. ``image`` is its image's id; ``hash`` is Compose's config hash of its service.

    ``ports``: those it was made with; ``bound``: those that it holds while it runs, chosen ones too.
    ``mounts``: type, name or source, and place of each; ``read_only``: the places that it cannot write to.
    ``failing_streak``: health checks in a row that failed; ``healthcheck``: when it is checked, if it is.

    >>> host.container("shop-api-1").health
    'healthy'
    """

    id: str
    name: str
    image: str
    named: str
    status: str
    health: str = ""
    failing_streak: int = 0
    healthcheck: Healthcheck | None = None
    project: str = ""
    service: str = ""
    hash: str = ""
    folder: str = ""
    files: str = ""
    oneoff: bool = False
    exit_code: int = 0
    restarts: int = 0
    restart: str = ""
    started: str = ""
    created: str = ""
    ports: tuple[Port, ...] = ()
    bound: tuple[Port, ...] = ()
    mounts: tuple[tuple[str, str, str], ...] = ()
    read_only: tuple[str, ...] = ()
    addresses: tuple[str, ...] = field(default=())
    networks: tuple[str, ...] = ()

    @property
    def running(self) -> bool:
        """Whether its process runs, restarting ones excluded."""
        return self.status == "running"

    @property
    def well(self) -> bool:
        """Whether it runs and is not unhealthy or still starting."""
        return self.running and self.health in ("", "healthy")

    @property
    def retries(self) -> int:
        """How many health checks in a row must fail to make it unhealthy."""
        return (self.healthcheck and self.healthcheck.retries) or healthcheck.RETRIES

    @property
    def settled_s(self) -> float:
        """Within how many seconds of its start its health check has seen it well, if it is; 0 without one."""
        # What the engine shows is what it heeds: an earlier one drops the interval that it does not know.
        return self.healthcheck.settled(healthcheck.OFTEN) if self.healthcheck and self.health else 0.0

    @property
    def completed(self) -> bool:
        """Whether it did its work and ended well, as only a service that is not restarted then may."""
        return self.status == "exited" and self.exit_code == 0 and self.restart in ENDING

    @property
    def told(self) -> str:
        """Its name and state for a message, such as ``chat-api (running, unhealthy)``."""
        return f"{self.name} ({', '.join(part for part in (self.status, self.health) if part)})"


def parse(text: str) -> list[Container]:
    """Return the containers that FORM printed, one a line."""
    return [_container(json.loads(line)) for line in text.split("\n") if line.startswith("{")]


@dataclass(frozen=True)
class Given:
    """What the container of a service was made with; both hold secrets."""

    environment: dict[str, str] = field(repr=False)
    command: tuple[str, ...] = field(repr=False)


def parse_given(text: str) -> dict[str, Given]:
    """Return what GIVEN printed, one container a line; of a service's containers one that runs counts."""
    rows = [json.loads(line) for line in text.split("\n") if line.startswith("{")]
    found = {}
    for row in sorted(rows, key=lambda row: bool(row["running"])):
        pairs = (entry.partition("=") for entry in row["env"] or [])
        words = [*(row["entrypoint"] or []), *(row["command"] or [])]
        found[row["service"]] = Given({name: value for name, _, value in pairs}, tuple(words))
    return found


def _container(raw: dict[str, Any]) -> Container:
    mounts = [
        (m.get("Type", ""), m.get("Name") or m.get("Source", ""), m["Destination"]) for m in raw["mounts"]
    ]
    networks = raw.get("networks") or {}
    return Container(
        id=docker_names.word(raw["id"]),
        name=docker_names.word(raw["name"].lstrip("/")),
        image=docker_names.word(raw["image"]),
        named=raw["named"],
        status=raw["status"],
        health=raw["health"] if raw["health"] != "none" else "",
        failing_streak=raw.get("failing_streak") or 0,
        healthcheck=healthcheck.of_engine(raw.get("check")),
        project=raw["project"] or "",
        service=raw["service"] or "",
        hash=raw["hash"] or "",
        folder=raw["folder"] or "",
        files=raw.get("files") or "",
        oneoff=raw["oneoff"] == "True",
        exit_code=raw["exit_code"],
        restarts=raw["restarts"],
        restart=raw["restart"] if raw["restart"] != "no" else "",
        started=raw["started"],
        created=raw["created"],
        ports=tuple(_ports(raw.get("ports") or {})),
        bound=tuple(_ports(raw.get("bound") or {})),
        mounts=tuple(sorted(mounts, key=lambda mount: mount[2])),
        read_only=tuple(sorted(m["Destination"] for m in raw["mounts"] if not m.get("RW", True))),
        addresses=tuple(one["IPAddress"] for one in networks.values() if one.get("IPAddress")),
        networks=tuple(sorted(networks)),
    )


def _ports(raw: dict[str, Any]) -> list[Port]:
    ports = []
    for inside, bindings in raw.items():
        number, _, protocol = inside.partition("/")
        for binding in bindings or []:
            outside = binding.get("HostPort") or "0"
            if outside.isdecimal():
                ports.append(Port(binding.get("HostIp") or "", int(outside), int(number), protocol or "tcp"))
    return ports
